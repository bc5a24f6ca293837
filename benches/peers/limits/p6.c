// P6 by hand: operators side by side, GROUPS vectors of them at once, a quantum after the other. A frame's sine waits for the last
// one's, so it takes many vectors to keep a core busy.
#include "lanes.h"

#ifndef GROUPS
#define GROUPS 4
#endif
enum { OPERATORS = 64, EACH = GROUPS * LANES };
_Static_assert(OPERATORS % EACH == 0, "a lane without an operator would be heard");

// What an operator adds to its own phase is in turns, as the phase is.
static double phase[OPERATORS], step[OPERATORS], last[OPERATORS];
static V total[QUANTUM];

static void group(int first) {
    V p[GROUPS], l[GROUPS];
    for (int g = 0; g < GROUPS; g++) p[g] = wrapped(load(phase + first + g * LANES)), l[g] = load(last + first + g * LANES);
    for (int f = 0; f < QUANTUM; f++) {
        V all_of_them = first ? total[f] : all(0);
        for (int g = 0; g < GROUPS; g++) {
            p[g] = p[g] + load(step + first + g * LANES);
            struct Factors wave = factors(wrapped(p[g] + l[g]), 0.5 / M_PI);
            l[g] = wave.arch * wave.rest;
            all_of_them = all_of_them + l[g];
        }
        total[f] = all_of_them;
    }
    for (int g = 0; g < GROUPS; g++) store(phase + first + g * LANES, p[g]), store(last + first + g * LANES, l[g]);
}

static void quantum(void) {
    for (int first = 0; first < OPERATORS; first += EACH) group(first);
    for (int f = 0; f < QUANTUM; f += LANES) store(sum[0] + f, across(total + f) * all(M_PI / OPERATORS));
}

int main(int argc, char **argv) {
    for (int i = 0; i < OPERATORS; i++) step[i] = 55 * (1 + 0.25 * i) / RATE;
    return measure(argc, argv);
}
