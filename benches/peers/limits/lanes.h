// Vectors of four doubles (AVX2), or of eight where AVX-512 is switched on, and what the patches share.
#include <immintrin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { QUANTUM = 64 };
static const double RATE = 48000;

#ifdef __AVX512F__
enum { LANES = 8 };
typedef __m512d V;
static inline V load(const double *from) { return _mm512_loadu_pd(from); }
static inline void store(double *to, V value) { _mm512_storeu_pd(to, value); }
static inline V all(double number) { return _mm512_set1_pd(number); }
static inline V fma_(V a, V b, V c) { return _mm512_fmadd_pd(a, b, c); }
static inline V fms(V a, V b, V c) { return _mm512_fmsub_pd(a, b, c); }
// What is left of c without ab.
static inline V less(V a, V b, V c) { return _mm512_fnmadd_pd(a, b, c); }
static inline V nearest(V x) { return _mm512_roundscale_pd(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline V magnitude(V x) { return _mm512_abs_pd(x); }
static inline V not_below_zero(V x) { return _mm512_max_pd(x, _mm512_setzero_pd()); }
// `size`, which is not below zero, with the sign of `x`.
static inline V with_sign(V size, V x) { return _mm512_or_pd(size, _mm512_and_pd(x, all(-0.0))); }

// Rows become columns.
static inline void turn(V *row) {
    V t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm512_unpacklo_pd(row[i], row[i + 1]);
        t[i + 1] = _mm512_unpackhi_pd(row[i], row[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            u[i + j] = _mm512_shuffle_f64x2(t[i + j], t[i + 2 + j], 0x88);
            u[i + 2 + j] = _mm512_shuffle_f64x2(t[i + j], t[i + 2 + j], 0xdd);
        }
    for (int j = 0; j < 4; j++) {
        row[j] = _mm512_shuffle_f64x2(u[j], u[4 + j], 0x88);
        row[4 + j] = _mm512_shuffle_f64x2(u[j], u[4 + j], 0xdd);
    }
}

// What the lanes of each row add up to.
static inline V across(const V *row) {
    V t[4], u[2];
    for (int i = 0; i < 4; i++)
        t[i] = _mm512_unpacklo_pd(row[2 * i], row[2 * i + 1]) + _mm512_unpackhi_pd(row[2 * i], row[2 * i + 1]);
    for (int i = 0; i < 2; i++)
        u[i] = _mm512_shuffle_f64x2(t[2 * i], t[2 * i + 1], 0x88) + _mm512_shuffle_f64x2(t[2 * i], t[2 * i + 1], 0xdd);
    return _mm512_shuffle_f64x2(u[0], u[1], 0x88) + _mm512_shuffle_f64x2(u[0], u[1], 0xdd);
}
#else
enum { LANES = 4 };
typedef __m256d V;
static inline V load(const double *from) { return _mm256_loadu_pd(from); }
static inline void store(double *to, V value) { _mm256_storeu_pd(to, value); }
static inline V all(double number) { return _mm256_set1_pd(number); }
static inline V fma_(V a, V b, V c) { return _mm256_fmadd_pd(a, b, c); }
static inline V fms(V a, V b, V c) { return _mm256_fmsub_pd(a, b, c); }
static inline V less(V a, V b, V c) { return _mm256_fnmadd_pd(a, b, c); }
static inline V nearest(V x) { return _mm256_round_pd(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline V magnitude(V x) { return _mm256_andnot_pd(all(-0.0), x); }
static inline V not_below_zero(V x) { return _mm256_max_pd(x, _mm256_setzero_pd()); }
static inline V with_sign(V size, V x) { return _mm256_or_pd(size, _mm256_and_pd(x, all(-0.0))); }

static inline void turn(V *row) {
    V a = _mm256_unpacklo_pd(row[0], row[1]), b = _mm256_unpackhi_pd(row[0], row[1]);
    V c = _mm256_unpacklo_pd(row[2], row[3]), d = _mm256_unpackhi_pd(row[2], row[3]);
    row[0] = _mm256_permute2f128_pd(a, c, 0x20);
    row[1] = _mm256_permute2f128_pd(b, d, 0x20);
    row[2] = _mm256_permute2f128_pd(a, c, 0x31);
    row[3] = _mm256_permute2f128_pd(b, d, 0x31);
}

static inline V across(const V *row) {
    V a = _mm256_unpacklo_pd(row[0], row[1]) + _mm256_unpackhi_pd(row[0], row[1]);
    V b = _mm256_unpacklo_pd(row[2], row[3]) + _mm256_unpackhi_pd(row[2], row[3]);
    return _mm256_permute2f128_pd(a, b, 0x20) + _mm256_permute2f128_pd(a, b, 0x31);
}
#endif

static inline V wrapped(V turns) { return turns - nearest(turns); }

// The sine of turns between -1/2 and 1/2, `size` times, in two factors whose product is left to the caller, who may have more to do in
// the same operation: a parabola that is zero where the sine is, and a polynomial of the parabola's height, of degree seven. Its upper
// six coefficients are tied, c5^2 = 4 c7 c3, so that they take four operations and not five; that costs 2e-16.
struct Factors {
    V arch, rest;
};
static inline struct Factors factors(V x, double size) {
    V arch = x * (all(0.5) - magnitude(x)), height = magnitude(arch);
    V square = fma_(height, height, all(14.599740947427518674));
    V rest = fma_(height, all(0.24599850542108518825 * size), all(1.5836714961603522116 * size));
    rest = fma_(rest, square, all(-22.643078594213710861 * size));
    rest = fma_(rest, square, all(64.40988667208750629 * size));
    rest = fma_(rest, height, all(50.265482457334740262 * size));
    return (struct Factors){arch, fma_(rest, height, all(12.566370614359424569 * size))};
}

// Within 1e-15 everywhere.
static inline V true_sine(V x) {
    struct Factors wave = factors(x, 1);
    return wave.arch * wave.rest;
}

// Its series as far as x^15, within 1e-6 at the ends.
static inline V crude_sine(V x) {
    static const double SERIES[] = {-0.7181223017785, 3.819952585848281, -15.09464257682298, 42.05869394489765,
                                    -76.70585975306136, 81.60524927607504, -41.34170224039976, 6.283185307179586};
    V y = x * x, sum = all(SERIES[0]);
    for (int i = 1; i < 8; i++) sum = fma_(sum, y, all(SERIES[i]));
    return sum * x;
}

// What is taken for a sine in P4 and P7: the true one, or, to see what its last digits take, the crude one.
#ifdef CRUDE
#define sine crude_sine
#else
#define sine true_sine
#endif

// A ring of any length: as many slots from `at` on as a quantum has, where they lie straight or in `room`.
static inline double *straight(double *ring, int length, int at, double *room) {
    int left = length - at;
    if (left >= QUANTUM) return ring + at;
    memcpy(room, ring + at, left * sizeof *room);
    memcpy(room + left, ring, (QUANTUM - left) * sizeof *room);
    return room;
}

// Brings them back if they do not, and goes on.
static inline int go_on(double *ring, int length, int at, const double *there, const double *room) {
    int left = length - at;
    if (there == room) {
        memcpy(ring + at, room, left * sizeof *room);
        memcpy(ring, room + left, (QUANTUM - left) * sizeof *room);
    }
    return left <= QUANTUM ? QUANTUM - left : at + QUANTUM;
}

static inline double *silence(size_t slots) {
    double *first = aligned_alloc(64, (slots + 8) / 8 * 64);
    memset(first, 0, slots * sizeof *first);
    return first;
}

static double sum[2][QUANTUM] __attribute__((aligned(64)));
static void quantum(void);

// Nanoseconds per frame, the fastest of many parts of `seconds`, and the level of the first second.
static int measure(int argc, char **argv) {
    double seconds = argc > 1 ? atof(argv[1]) : 3, square = 0, least = 1e9, spent = 0;
    for (int i = 0; i < (int)RATE / QUANTUM; i++) {
        quantum();
        for (int f = 0; f < QUANTUM; f++) square += sum[0][f] * sum[0][f];
    }
    while (spent < seconds) {
        struct timespec from, to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        for (int i = 0; i < 1000; i++) {
            quantum();
            __asm__ volatile("" : : "r"(sum) : "memory"); // As if somebody listened.
        }
        clock_gettime(CLOCK_MONOTONIC, &to);
        double took = to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) * 1e-9;
        if (took < least) least = took;
        spent += took;
    }
    printf("%.2f %.6f\n", least * 1e9 / 1000 / QUANTUM, sqrt(square / RATE));
    return 0;
}
