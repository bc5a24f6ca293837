// P3 by hand: voices side by side, GROUPS vectors of them at once, a few frames after the other. What the filters need is made first,
// in two steps, since none of it waits for the frame before; in one step with them it would be more than a core looks ahead.
#include "lanes.h"

#ifndef GROUPS
#define GROUPS 1
#endif
enum { VOICES = 32, EACH = GROUPS * LANES, BLOCK = 8 };
_Static_assert(VOICES % EACH == 0, "a lane without a voice would be heard");

static double phase[VOICES], step[VOICES], per_step[VOICES], beyond[VOICES], turns[VOICES], speed[VOICES], band[VOICES], low[VOICES];
static V total[QUANTUM];
static struct {
    V saw, angle, n, d, scale;
} made[GROUPS][BLOCK];

// The tangent of a cutoff, as a numerator and a denominator: within 1e-15 up to 4 kHz. Where the angle is TIMES as large, both
// polynomials of its square begin with one.
static const double TIMES = 0.066735981875783327301;
static inline V numerator(V angle, V square) {
    return angle * fma_(square, square + all(-0.46694417375965536316), all(0.018712003635046486628));
}
static inline V denominator(V square) {
    return fma_(square, square + all(-0.12462482014539222046), all(0.0012487639354480536931));
}

static void make(int g, int from) {
    V p = load(phase + from), t = load(turns + from);
    for (int f = 0; f < BLOCK; f++) {
        // The saw of P7.
        V near = not_below_zero(fma_(magnitude(p), load(per_step + from), load(beyond + from)));
        made[g][f].saw = less(near, with_sign(near, p), p + p);
        p = wrapped(p + load(step + from));
        struct Factors swell = factors(t, 1000 * M_PI / RATE * TIMES);
        made[g][f].angle = fma_(swell.arch, swell.rest, all(1200 * M_PI / RATE * TIMES));
        t = wrapped(t + load(speed + from));
    }
    for (int f = 0; f < BLOCK; f++) {
        // The corner is n / d. All that the filter divides is divided once, by d^2 + nd / 4 + n^2.
        V angle = made[g][f].angle, square = angle * angle, n = numerator(angle, square), d = denominator(square);
        made[g][f].n = n, made[g][f].d = d;
        made[g][f].scale = all(2) / fma_(n, fma_(d, all(0.25), n), d * d);
    }
    store(phase + from, p), store(turns + from, t);
}

static void group(int first) {
    V b[GROUPS], l[GROUPS];
    for (int g = 0; g < GROUPS; g++) b[g] = load(band + first + g * LANES), l[g] = load(low + first + g * LANES);
    for (int f = 0; f < QUANTUM; f += BLOCK) {
        for (int g = 0; g < GROUPS; g++) make(g, first + g * LANES);
        for (int i = 0; i < BLOCK; i++) {
            V all_of_them = first ? total[f + i] : all(0);
            for (int g = 0; g < GROUPS; g++) {
                V n = made[g][i].n, d = made[g][i].d;
                V drive = fma_(n, made[g][i].saw - l[g], d * b[g]) * made[g][i].scale;
                b[g] = fms(drive, d, b[g]);
                l[g] = fma_(drive, n, l[g]);
                all_of_them = all_of_them + l[g];
            }
            total[f + i] = all_of_them;
        }
    }
    for (int g = 0; g < GROUPS; g++) store(band + first + g * LANES, b[g]), store(low + first + g * LANES, l[g]);
}

static void quantum(void) {
    // What is heard is halfway between what the filters hold before a frame and after it.
    static double held[1 + QUANTUM];
    for (int first = 0; first < VOICES; first += EACH) group(first);
    held[0] = held[QUANTUM];
    for (int f = 0; f < QUANTUM; f += LANES) store(held + 1 + f, across(total + f));
    for (int f = 0; f < QUANTUM; f += LANES) store(sum[0] + f, (load(held + f) + load(held + 1 + f)) * all(0.01));
}

int main(int argc, char **argv) {
    for (int i = 0; i < VOICES; i++) {
        step[i] = 55 * pow(2, i / 12.) / RATE, per_step[i] = 1 / step[i], beyond[i] = 1 - 0.5 / step[i];
        speed[i] = (0.1 + 0.07 * i) / RATE;
    }
    return measure(argc, argv);
}
