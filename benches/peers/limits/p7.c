// P7 by hand: signals side by side, GROUPS vectors of them at once, a quantum after the other; numbers stay in registers, and what is
// read of a ring is overwritten where it lies.
#include "lanes.h"

#ifndef GROUPS
#define GROUPS 1
#endif
enum { SIGNALS = 100, ROOM = (SIGNALS / LANES + GROUPS) * LANES, EACH = GROUPS * LANES };

static double *ring[ROOM];
static int length[ROOM], at[ROOM];
static double phase[ROOM], step[ROOM], per_step[ROOM], corner[ROOM], scale[ROOM], band[ROOM], low[ROOM], turns[ROOM], speed[ROOM], weight[ROOM];

static void group(int first) {
    static double room[EACH][QUANTUM] __attribute__((aligned(64)));
    double *there[EACH];
    V p[GROUPS], b[GROUPS], l[GROUPS], t[GROUPS];
    for (int i = 0; i < EACH; i++) there[i] = straight(ring[first + i], length[first + i], at[first + i], room[i]);
    for (int g = 0; g < GROUPS; g++) {
        int from = first + g * LANES;
        p[g] = load(phase + from), b[g] = load(band + from), l[g] = load(low + from), t[g] = load(turns + from);
    }
    for (int f = 0; f < QUANTUM; f += LANES) {
        V rows[GROUPS][LANES], total[LANES];
        for (int g = 0; g < GROUPS; g++) {
            for (int lane = 0; lane < LANES; lane++) rows[g][lane] = load(there[g * LANES + lane] + f);
            turn(rows[g]);
        }
        for (int frame = 0; frame < LANES; frame++) {
            total[frame] = all(0);
            for (int g = 0; g < GROUPS; g++) {
                int from = first + g * LANES;
                // A line that falls off at 1/2, and a parabola within a step of there (Välimäki and Huovilainen 2007).
                V near = not_below_zero(all(1) - (all(0.5) - magnitude(p[g])) * load(per_step + from));
                V saw = p[g] + p[g] - with_sign(near * near, p[g]);
                V next = p[g] + load(step + from);
                p[g] = next - nearest(next);
                V swell = fma_(sine(t[g]), all(0.25), all(0.75));
                next = t[g] + load(speed + from);
                t[g] = next - nearest(next);
                V drive = fma_(load(corner + from), fms(saw, all(0.5), l[g]), b[g]), s = load(scale + from);
                next = fma_(drive, load(corner + from) * s, l[g]);
                b[g] = fms(drive, s, b[g]);
                V sample = fma_(rows[g][frame], all(0.4), (l[g] + next) * swell);
                l[g] = next;
                rows[g][frame] = sample;
                total[frame] = fma_(sample, load(weight + from), total[frame]);
            }
        }
        store(sum[0] + f, load(sum[0] + f) + across(total));
        for (int g = 0; g < GROUPS; g++) {
            turn(rows[g]);
            for (int lane = 0; lane < LANES; lane++) store(there[g * LANES + lane] + f, rows[g][lane]);
        }
    }
    for (int g = 0; g < GROUPS; g++) {
        int from = first + g * LANES;
        store(phase + from, p[g]), store(band + from, b[g]), store(low + from, l[g]), store(turns + from, t[g]);
    }
    for (int i = 0; i < EACH; i++)
        at[first + i] = go_on(ring[first + i], length[first + i], at[first + i], there[i], room[i]);
}

static void quantum(void) {
    memset(sum, 0, sizeof sum);
    for (int first = 0; first < SIGNALS; first += EACH) group(first);
}

int main(int argc, char **argv) {
    // Lanes without a signal are those of the first ones again, and not heard.
    for (int i = 0; i < ROOM; i++) {
        int k = i % SIGNALS;
        step[i] = (40 + 7 * k) / RATE, per_step[i] = 1 / step[i], speed[i] = (0.5 + 0.05 * k) / RATE;
        corner[i] = tan(M_PI * (400 + 40 * k) / RATE);
        scale[i] = 2 / (corner[i] * (corner[i] + M_SQRT2) + 1);
        weight[i] = i < SIGNALS ? 0.01 : 0;
        length[i] = 4800 + 137 * k;
        ring[i] = silence(length[i]);
    }
    return measure(argc, argv);
}
