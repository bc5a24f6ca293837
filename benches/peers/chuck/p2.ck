// 256 partials, each with an amplitude that moves at audio rate.
SinOsc tone[256];
SinOsc swell[256];
Step one[256];
Gain level[256];
Gain product[256];
for (0 => int i; i < 256; i++) {
    55.0 * (i + 1) => tone[i].freq;
    0.15 / (i + 1) => tone[i].gain;
    0.05 + 0.003 * i => swell[i].freq;
    0.5 => swell[i].gain;
    0.5 => one[i].next;
    swell[i] => level[i];
    one[i] => level[i];
    3 => product[i].op;
    tone[i] => product[i];
    level[i] => product[i];
    product[i] => dac;
}
Std.atof(me.arg(0))::second => now;
