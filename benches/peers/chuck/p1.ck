// One sine.
SinOsc tone => dac;
440 => tone.freq;
0.3 => tone.gain;
Std.atof(me.arg(0))::second => now;
