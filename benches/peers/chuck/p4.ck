// Bursts of noise, a filter, a tremolo, an echo, stereo Freeverb.
fun void comb(UGen input, UGen output, int length) {
    DelayA line => OnePole damp => Gain back => line;
    length::samp => line.max => line.delay;
    -0.2 => damp.a1;
    0.8 => damp.b0;
    0.84 => back.gain;
    input => line;
    line => output;
}
fun UGen allpass(UGen input, int length) {
    Gain entry => DelayA line => Gain back => entry;
    length::samp => line.max => line.delay;
    0.5 => back.gain;
    input => entry;
    Gain output;
    Gain minus => output;
    -1 => minus.gain;
    line => output;
    input => minus;
    return output;
}
fun void freeverb(UGen input, UGen output, int spread) {
    Gain entry;
    0.015 => entry.gain;
    input => entry;
    Gain sum;
    [1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617] @=> int combs[];
    for (0 => int i; i < combs.size(); i++) comb(entry, sum, combs[i] + spread);
    sum @=> UGen last;
    [556, 441, 341, 225] @=> int passes[];
    for (0 => int i; i < passes.size(); i++) allpass(last, passes[i] + spread) @=> last;
    last => output;
}
Noise noise => Gain burst => LPF filter => Gain tremolo => Gain echo;
Step level => burst;
3 => burst.op;
2000 => filter.freq;
0.7071 => filter.Q;
SinOsc swing => Gain swell => tremolo;
5 => swing.freq;
0.25 => swing.gain;
Step rest => swell;
0.75 => rest.next;
3 => tremolo.op;
echo => DelayA line => Gain back => echo;
14400::samp => line.max => line.delay;
0.5 => back.gain;
echo => Gain dry => dac;
0.67 => dry.gain;
freeverb(echo, dac.left, 0);
freeverb(echo, dac.right, 23);
now + Std.atof(me.arg(0))::second => time end;
0 => float height;
0 => int frame;
while (now < end) {
    if (frame % 24000 == 0) 1 => height;
    else 0.9995 *=> height;
    height => level.next;
    frame++;
    1::samp => now;
}
