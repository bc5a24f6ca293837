// P4 by hand: everything along time but the sixteen damping filters, which lie side by side; a quantum after the other.
#include "lanes.h"
#include <stdint.h>

enum { COMBS = 16, PASSES = 8 };
static const int COMB[] = {1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617}, PASS[] = {556, 441, 341, 225};

struct Ring {
    double *slots;
    int length, at;
};
static struct Ring combs[COMBS], passes[PASSES], echo;
static double damped[COMBS] __attribute__((aligned(64)));
static double noise[QUANTUM], dry[QUANTUM], swell[QUANTUM], wet[2][QUANTUM] __attribute__((aligned(64)));
static double room[LANES][QUANTUM] __attribute__((aligned(64)));

static double *open_(struct Ring *ring, double *room) { return straight(ring->slots, ring->length, ring->at, room); }
static void close_(struct Ring *ring, const double *there, const double *room) {
    ring->at = go_on(ring->slots, ring->length, ring->at, there, room);
}

static void make_noise(void) {
    static uint64_t count;
    for (int f = 0; f < QUANTUM; f++) {
        uint64_t key = count + 0x9e3779b97f4a7c15ull * f;
        key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9ull;
        key = (key ^ key >> 27) * 0x94d049bb133111ebull;
        uint64_t bits = key >> 12 | 0x4000000000000000ull;
        double number;
        memcpy(&number, &bits, sizeof number);
        noise[f] = number - 3;
    }
    count += 0x9e3779b97f4a7c15ull * QUANTUM;
}

static void make_swell(void) {
    static double phase;
    static const double AHEAD[] = {0, 1, 2, 3, 4, 5, 6, 7};
    for (int f = 0; f < QUANTUM; f += LANES) {
        V turns = fma_(load(AHEAD) + all(f), all(5 / RATE), all(phase));
        store(swell + f, fma_(sine(turns - nearest(turns)), all(0.25), all(0.75)));
    }
    phase += QUANTUM * 5 / RATE;
    phase -= floor(phase);
}

// Bursts through a filter: one number after the other, at the latency of the filter.
static void burst(void) {
    static double level, band, low;
    static int left;
    static double corner, scale;
    if (scale == 0) corner = tan(M_PI * 2000 / RATE), scale = 2 / (corner * (corner + M_SQRT2) + 1);
    for (int f = 0; f < QUANTUM; f++) {
        level *= 0.9995;
        if (left-- == 0) level = 1, left = 24000 - 1;
        double drive = fma(corner, fma(noise[f] * level, 0.5, -low), band);
        double next = fma(drive, corner * scale, low);
        band = fma(drive, scale, -band);
        dry[f] = low + next;
        low = next;
    }
}

static void repeat(void) {
    double *there = open_(&echo, room[0]);
    for (int f = 0; f < QUANTUM; f += LANES) {
        V sample = fma_(load(there + f), all(0.5), load(dry + f) * load(swell + f));
        store(there + f, sample);
        store(dry + f, sample);
    }
    close_(&echo, there, room[0]);
}

static void comb(int first) {
    double *there[LANES], *out = wet[first / 8];
    V state = load(damped + first);
    for (int lane = 0; lane < LANES; lane++) there[lane] = open_(&combs[first + lane], room[lane]);
    for (int f = 0; f < QUANTUM; f += LANES) {
        V rows[LANES], all_of_them = first % 8 ? load(out + f) : all(0), in = load(dry + f) * all(0.015);
        for (int lane = 0; lane < LANES; lane++) {
            rows[lane] = load(there[lane] + f);
            all_of_them = all_of_them + rows[lane];
        }
        store(out + f, all_of_them);
        turn(rows);
        for (int frame = 0; frame < LANES; frame++) rows[frame] = state = fma_(rows[frame], all(0.8), state * all(0.2));
        turn(rows);
        for (int lane = 0; lane < LANES; lane++) store(there[lane] + f, fma_(rows[lane], all(0.84), in));
    }
    store(damped + first, state);
    for (int lane = 0; lane < LANES; lane++) close_(&combs[first + lane], there[lane], room[lane]);
}

static void pass(int number) {
    double *there = open_(&passes[number], room[0]), *out = wet[number / 4];
    for (int f = 0; f < QUANTUM; f += LANES) {
        V old = load(there + f), in = load(out + f);
        store(there + f, fma_(old, all(0.5), in));
        store(out + f, old - in);
    }
    close_(&passes[number], there, room[0]);
}

static void quantum(void) {
    make_noise();
    make_swell();
    burst();
    repeat();
    for (int first = 0; first < COMBS; first += LANES) comb(first);
    for (int number = 0; number < PASSES; number++) pass(number);
    for (int side = 0; side < 2; side++)
        for (int f = 0; f < QUANTUM; f += LANES)
            store(sum[side] + f, fma_(load(dry + f), all(0.67), load(wet[side] + f)));
}

static struct Ring ring(int length) { return (struct Ring){silence(length), length, 0}; }

int main(int argc, char **argv) {
    echo = ring(14400);
    for (int i = 0; i < COMBS; i++) combs[i] = ring(COMB[i % 8] + i / 8 * 23);
    for (int i = 0; i < PASSES; i++) passes[i] = ring(PASS[i % 4] + i / 4 * 23);
    return measure(argc, argv);
}
