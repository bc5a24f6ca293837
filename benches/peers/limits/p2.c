// P2 by hand: partials side by side, GROUPS vectors of them at once, a quantum after the other. Lanes are added up last, once for all.
#include "lanes.h"

#ifndef GROUPS
#define GROUPS 1
#endif
enum { PARTIALS = 256, ROOM = (PARTIALS / LANES + GROUPS) * LANES, EACH = GROUPS * LANES };

static double phase[ROOM], step[ROOM], turns[ROOM], speed[ROOM], weight[ROOM];
static V total[QUANTUM];

static void group(int first) {
    V p[GROUPS], t[GROUPS];
    for (int g = 0; g < GROUPS; g++) p[g] = load(phase + first + g * LANES), t[g] = load(turns + first + g * LANES);
    for (int f = 0; f < QUANTUM; f++) {
        V all_of_them = first ? total[f] : all(0);
        for (int g = 0; g < GROUPS; g++) {
            int from = first + g * LANES;
            struct Factors partial = factors(p[g], 1), swell = factors(t[g], 1);
            V level = fma_(swell.arch, swell.rest, all(1));
            all_of_them = fma_(partial.arch * load(weight + from) * partial.rest, level, all_of_them);
            p[g] = wrapped(p[g] + load(step + from));
            t[g] = wrapped(t[g] + load(speed + from));
        }
        total[f] = all_of_them;
    }
    for (int g = 0; g < GROUPS; g++) store(phase + first + g * LANES, p[g]), store(turns + first + g * LANES, t[g]);
}

static void quantum(void) {
    for (int first = 0; first < PARTIALS; first += EACH) group(first);
    for (int f = 0; f < QUANTUM; f += LANES) store(sum[0] + f, across(total + f));
}

int main(int argc, char **argv) {
    for (int i = 0; i < PARTIALS; i++) {
        step[i] = 55 * (i + 1) / RATE, speed[i] = (0.05 + 0.003 * i) / RATE;
        weight[i] = 0.5 * 0.15 / (i + 1);
    }
    return measure(argc, argv);
}
