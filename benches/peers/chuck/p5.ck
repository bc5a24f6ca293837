// 16 Lorenz systems, one step per sample.
Step out => dac;
float x[16];
float y[16];
float z[16];
for (0 => int i; i < 16; i++) {
    1 + 0.01 * i => x[i];
    1 => y[i];
    1 => z[i];
}
now + Std.atof(me.arg(0))::second => time end;
while (now < end) {
    0 => float sum;
    for (0 => int i; i < 16; i++) {
        0.004 * (1 + 0.05 * i) => float dt;
        x[i] => float a;
        y[i] => float b;
        z[i] => float c;
        a + dt * 10 * (b - a) => x[i];
        b + dt * (a * (28 - c) - b) => y[i];
        c + dt * (a * b - 8.0 / 3.0 * c) => z[i];
        x[i] +=> sum;
    }
    sum * 0.005 => out.next;
    1::samp => now;
}
