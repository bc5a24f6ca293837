// P5 by hand: all systems at once, side by side, in registers, a quantum after the other.
#include "lanes.h"

enum { SYSTEMS = 16, ALL = SYSTEMS / LANES };

// With y ten dt times as large, and z less 28 times ten dt^2, a step is
// x' = (1 - 10 dt) x + y, y' = (1 - dt) y - x z, z' = (1 - 8/3 dt) z + dt^2 x y - 28 * 80/3 dt^3.
static double x[SYSTEMS], y[SYSTEMS], z[SYSTEMS], stay_x[SYSTEMS], stay_y[SYSTEMS], stay_z[SYSTEMS], pull[SYSTEMS], fall[SYSTEMS];

static void quantum(void) {
    V a[ALL], b[ALL], c[ALL];
    for (int g = 0; g < ALL; g++) a[g] = load(x + g * LANES), b[g] = load(y + g * LANES), c[g] = load(z + g * LANES);
    for (int f = 0; f < QUANTUM; f += LANES) {
        V total[LANES];
        for (int frame = 0; frame < LANES; frame++) {
            for (int g = 0; g < ALL; g++) {
                int from = g * LANES;
                V next = fma_(a[g], load(stay_x + from), b[g]);
                V turned = less(a[g], c[g], b[g] * load(stay_y + from));
                c[g] = fma_(a[g] * load(pull + from), b[g], fma_(c[g], load(stay_z + from), load(fall + from)));
                a[g] = next, b[g] = turned;
                if (g) total[frame] = total[frame] + next;
                else total[frame] = next;
            }
        }
        store(sum[0] + f, across(total) * all(0.005));
    }
    for (int g = 0; g < ALL; g++) store(x + g * LANES, a[g]), store(y + g * LANES, b[g]), store(z + g * LANES, c[g]);
}

int main(int argc, char **argv) {
    for (int i = 0; i < SYSTEMS; i++) {
        double dt = 0.004 * (1 + 0.05 * i);
        stay_x[i] = 1 - 10 * dt, stay_y[i] = 1 - dt, stay_z[i] = 1 - 8 / 3. * dt;
        pull[i] = dt * dt, fall[i] = -28 * 80 / 3. * dt * dt * dt;
        x[i] = 1 + 0.01 * i, y[i] = 10 * dt, z[i] = -27 * 10 * dt * dt;
    }
    return measure(argc, argv);
}
