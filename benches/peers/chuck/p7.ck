// 100 signals: saw (naive), lowpass, tremolo, echo.
SawOsc saw[100];
LPF filter[100];
SinOsc swing[100];
Step rest[100];
Gain swell[100];
Gain tremolo[100];
Gain echo[100];
DelayA line[100];
Gain back[100];
Gain sum => dac;
0.01 => sum.gain;
for (0 => int k; k < 100; k++) {
    40 + 7 * k => saw[k].freq;
    400 + 40 * k => filter[k].freq;
    0.7071 => filter[k].Q;
    0.5 + 0.05 * k => swing[k].freq;
    0.25 => swing[k].gain;
    0.75 => rest[k].next;
    swing[k] => swell[k];
    rest[k] => swell[k];
    3 => tremolo[k].op;
    saw[k] => filter[k] => tremolo[k];
    swell[k] => tremolo[k];
    tremolo[k] => echo[k] => line[k] => back[k] => echo[k];
    (4800 + 137 * k)::samp => line[k].max => line[k].delay;
    0.4 => back[k].gain;
    echo[k] => sum;
}
Std.atof(me.arg(0))::second => now;
