// 32 voices: a saw (naive) through a resonant lowpass of Q 4 whose cutoff is set every sample.
SawOsc saw[32];
LPF filter[32];
SinOsc swing[32];
for (0 => int v; v < 32; v++) {
    55 * Math.pow(2, v / 12.0) => saw[v].freq;
    0.02 => saw[v].gain;
    4 => filter[v].Q;
    0.1 + 0.07 * v => swing[v].freq;
    saw[v] => filter[v] => dac;
    swing[v] => blackhole;
}
now + Std.atof(me.arg(0))::second => time end;
while (now < end) {
    for (0 => int v; v < 32; v++) 1200 + 1000 * swing[v].last() => filter[v].freq;
    1::samp => now;
}
