// P1 by hand: along time, from where the phase is at the start of a quantum.
#include "lanes.h"

static void quantum(void) {
    static double phase;
    static const double AHEAD[] = {0, 1, 2, 3, 4, 5, 6, 7};
    V turns = fma_(load(AHEAD), all(440 / RATE), all(phase));
    for (int f = 0; f < QUANTUM; f += LANES) {
        struct Factors wave = factors(wrapped(turns), 0.3);
        store(sum[0] + f, wave.arch * wave.rest);
        turns = turns + all(LANES * 440 / RATE);
    }
    phase += QUANTUM * 440 / RATE;
    phase -= floor(phase);
}

int main(int argc, char **argv) { return measure(argc, argv); }
