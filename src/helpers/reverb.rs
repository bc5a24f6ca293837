//! Reverb: a room of no particular shape, as a feedback delay network. It plays no recorded impulse responses.
//!
//! Eight delays feed each other through an orthogonal matrix, so nothing is lost there; what each loses on its way is set by its
//! length, so all of them die away together (Jot, Chaigne: Digital delay networks for designing artificial reverberators, 1991).
//! The matrix turns slowly (Schlecht, Habets: Time-varying feedback matrices in feedback delay networks and their application in
//! artificial reverberation, 2015): that loses nothing either, detunes nothing, and lets no resonance stand out of a long tail.

use super::tape::Line;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::{Float, Int};
use crate::dsp::math::{exp, tan_pi};
use crate::dsp::phase;
use crate::ir::F;

/// Delays of the network, and so channels that one can hold.
const WAYS: usize = 8;
/// How late each way comes back, in seconds: less than a room of 4096 slots holds at 48 kHz.
const LATE: [f64; WAYS] = [0.0437, 0.0491, 0.0547, 0.0607, 0.0663, 0.0721, 0.0787, 0.0829];
/// In each way an all-pass filter of this delay multiplies the echoes, in seconds.
const DENSE: [f64; WAYS] = [0.0067, 0.0191, 0.0083, 0.0167, 0.0113, 0.0149, 0.0097, 0.0131];
/// What part of an echo an all-pass filter gives at once.
const AT_ONCE: f64 = 0.6;
/// The first reflections, in seconds.
const EARLY: [f64; WAYS] = [0.0011, 0.0053, 0.0097, 0.0137, 0.0181, 0.0241, 0.0313, 0.0371];
/// How often the two halves of the matrix turn, in hertz.
const TURNS: [f64; 2] = [0.31, 0.47];
/// The frequency whose decay is the one that is asked for, and the one from which on damping is felt, in hertz.
const MIDDLE: f64 = 1000.0;
const BRIGHT: f64 = 5000.0;
/// How much of the highs' time is taken away at most.
const MOST: f64 = 0.9;
/// The scale that makes a Hadamard matrix orthogonal.
const ORTHOGONAL: f64 = 0.353_553_390_593_273_8;

/// Puts a sound into a room.
pub const REVERB: Helper = Helper {
    name: "reverb",
    aliases: &[],
    family: Family::Delay,
    arguments: &[
        Argument::signal("input", "sound to put into a room"),
        Argument::number("decay", Unit::Seconds, 0.1..=60.0, "until the reverb has fallen by 60 dB, at 1 kHz").or(2.0),
        Argument::number("damp", Unit::Ratio, 0.0..=1.0, "how much sooner the highs are gone: at 1 up to ten times").or(0.4),
        Argument::number("mix", Unit::Ratio, 0.0..=1.0, "0 is the sound alone, 1 the reverb alone").or(0.3),
    ],
    about: "Puts a sound into a room. A mono sound comes out in stereo; of several channels each goes into the room and hears all of it. \
            A steady sound comes out as loud as it went in, however long the decay.",
    example: "(osc(440) * decay(phasor(1), 20)).reverb(3, 0.5, 0.4).gain(0.5)",
    claims: &[
        Claim::Passes { argument: "mix", at: 0.0 },
        Claim::Rt60 { argument: "decay" },
        Claim::Decorrelates { below: 0.3 },
        Claim::Loudness { within: 1.0 },
    ],
    references: &[
        "Jot, Chaigne: Digital delay networks for designing artificial reverberators, 1991",
        "Schlecht, Habets: Time-varying feedback matrices in feedback delay networks and their application in artificial reverberation, 2015",
    ],
    kernel: Kernel::Wide4(reverb),
}
.checked();

fn reverb<'b>(site: &Site<'b>, input: &[F<'b>], [decay, damp, mix]: [F<'b>; 3]) -> Vec<F<'b>> {
    let room = Room::new(site, decay, damp);
    let heard = |part: &[F<'b>]| if input.len() == 1 { 2 } else { part.len() };
    let wet = input.chunks(WAYS).flat_map(|part| room.sound(site, part).into_iter().take(heard(part)));
    let dry = |n: usize| input[n.min(input.len() - 1)];
    wet.enumerate().map(|(n, wet)| mix.mul_add(wet - dry(n), dry(n))).collect()
}

/// The lengths of a room in frames, and what is lost in it.
struct Room<'b> {
    late: [u32; WAYS],
    dense: [u32; WAYS],
    /// What an all-pass filter keeps of what goes round in it.
    kept: [F<'b>; WAYS],
    /// What a way keeps of the sound, and what it adds of its lows.
    all: [F<'b>; WAYS],
    low: [F<'b>; WAYS],
    /// The share of a one-pole filter at [`BRIGHT`].
    bright: f64,
    /// How loud sound comes in.
    level: F<'b>,
}

impl<'b> Room<'b> {
    fn new(site: &Site<'b>, decay: F<'b>, damp: F<'b>) -> Room<'b> {
        let rate = site.rate();
        let (late, dense) = (primes(LATE, rate), primes(DENSE, rate));
        let length = |n: usize| f64::from(late[n] + dense[n]);
        // Nepers per frame.
        let loss = site.lit(-std::f64::consts::LN_10 * 3.0 / rate) / decay;
        let damp = damp * MOST;
        let more = damp / (-damp + 1.0) * loss;
        let bright = tan_pi((BRIGHT / rate).min(0.4));
        let middle = tan_pi((MIDDLE / rate).min(0.1)) / bright;
        let square = middle * middle;
        // A shelf takes the highs down to `high`; what it takes of the middle is given back.
        let high = |n: usize| exp(more * length(n));
        let middle = |high: F<'b>| ((high * high * square + 1.0) * (1.0 / (1.0 + square))).sqrt();
        let gain = |n: usize| exp(loss * f64::from(late[n])) / middle(high(n));
        let all = std::array::from_fn(|n| gain(n) * high(n));
        let mean = |frames: [u32; WAYS]| f64::from(frames.iter().sum::<u32>()) / WAYS as f64;
        // What of the power of noise goes round in a way and through its all-pass filter.
        let (round, inside) = (exp(loss * (2.0 * mean(late))), exp(loss * (2.0 * mean(dense))));
        let (at_once, later) = (AT_ONCE * AT_ONCE, (1.0 - AT_ONCE * AT_ONCE) * (1.0 - AT_ONCE * AT_ONCE));
        let through = inside * later / (inside * -at_once + 1.0) + at_once;
        Room {
            late,
            dense,
            kept: dense.map(|frames| exp(loss * f64::from(frames))),
            all,
            low: std::array::from_fn(|n| gain(n) - all[n]),
            bright: bright / (1.0 + bright),
            // What comes in is what a steady sound loses in one round.
            level: (loss.lit(1.0) / through - round).sqrt() * ORTHOGONAL,
        }
    }

    /// What is heard of some channels in as many places as there are ways, no two alike.
    fn sound(&self, site: &Site<'b>, input: &[F<'b>]) -> [F<'b>; WAYS] {
        let early = primes(EARLY, site.rate());
        let [first, dense, late] = [early, self.dense, self.late].map(|frames| site.lines(frames));
        let entering = input.iter().map(|&channel| channel * self.level).collect::<Vec<_>>();
        let tapes = Line::write_all(&first, std::array::from_fn(|n| entering[n % entering.len()]));
        let early = mixed(std::array::from_fn(|n| tapes[n].behind(site.int(i64::from(early[n])))));
        // Read before they are written, so each is one frame shorter.
        let old = |line: &Line<'b>, frames: u32| line.before().behind(site.int(i64::from(frames) - 1));
        let mut inside = [site.lit(0.0); WAYS];
        let ways: [F<'b>; WAYS] = std::array::from_fn(|n| {
            let arriving = old(&late[n], self.late[n]) + early[n];
            let held = old(&dense[n], self.dense[n]) * self.kept[n];
            inside[n] = held.mul_add(site.lit(-AT_ONCE), arriving);
            inside[n].mul_add(site.lit(AT_ONCE), held)
        });
        Line::write_all(&dense, inside);
        let heard = mixed(turned(site, ways));
        let lost = std::array::from_fn(|n| self.lose(site, n, heard[n]));
        Line::write_all(&late, lost);
        // The first one has all ways in phase: it is heard last.
        std::array::from_fn(|n| heard[(n + 1) % WAYS])
    }

    /// What is left of a sound after a way.
    fn lose(&self, site: &Site<'b>, n: usize, sound: F<'b>) -> F<'b> {
        let held = site.cell();
        let low = (sound - held.get()).mul_add(site.lit(self.bright), held.get());
        held.set(low + low - held.get());
        self.all[n].mul_add(sound, self.low[n] * low)
    }
}

/// Each pair of ways turned, at two speeds and both ways round, and scaled for [`mixed`].
fn turned<'b>(site: &Site<'b>, ways: [F<'b>; WAYS]) -> [F<'b>; WAYS] {
    let angles = TURNS.map(|hertz| {
        let held = site.counter();
        let angle = held.get();
        held.set(angle + angle.lit(phase::whole_step(hertz / site.rate())));
        [phase::QUARTER, 0].map(|ahead| phase::sine::<F<'b>>(angle + angle.lit(ahead)) * ORTHOGONAL)
    });
    std::array::from_fn(|n| {
        let [cosine, sine] = angles[n / 4];
        let (own, other) = (ways[n], ways[n ^ 1]);
        // Of a pair the first loses what the second gains; every other pair turns the other way.
        let against = (n ^ (n >> 1)) & 1 == 0;
        other.mul_add(if against { -sine } else { sine }, own * cosine)
    })
}

/// The fast Hadamard transform, without its scale.
fn mixed<F: Float>(mut ways: [F; WAYS]) -> [F; WAYS] {
    for span in [1, 2, 4] {
        ways = std::array::from_fn(|n| {
            let (own, other) = (ways[n], ways[n ^ span]);
            if n & span == 0 { own + other } else { other - own }
        });
    }
    ways
}

/// The next primes above some times, in frames: no two delays have a period in common.
fn primes(seconds: [f64; WAYS], rate: f64) -> [u32; WAYS] {
    let is_prime =
        |n: &u32| (2..).take_while(|divisor| divisor * divisor <= *n).all(|divisor| !n.is_multiple_of(divisor));
    seconds
        .map(|seconds| ((seconds * rate).ceil() as u32 + 1..).find(is_prime).expect("there is always one more prime"))
}
