// 64 sine operators, each with its own last output added to its phase.
Step out => dac;
float phase[64];
float last[64];
now + Std.atof(me.arg(0))::second => time end;
while (now < end) {
    0 => float sum;
    for (0 => int i; i < 64; i++) {
        (phase[i] + 55 * (1 + 0.25 * i) / 48000) % 1 => phase[i];
        Math.sin(2 * pi * phase[i] + last[i]) => last[i];
        last[i] +=> sum;
    }
    sum * (0.5 / 64) => out.next;
    1::samp => now;
}
