//! What every oscillator shares beyond its clock: phase modulation and hard sync. It shapes no wave.
//!
//! A restart is a jump that nobody sees coming, so it is rounded after it only, by the minimum-phase band-limited step (Brandt: Hard sync
//! without aliasing, 2001) that has the spectrum of the two-sided one in `edge`: nothing is late, and no more folds back.

use super::clock::Clock;
use super::{Argument, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::phase;
use crate::ir::{B, F, I};

/// How many turns the phase is ahead.
pub const PHASE: Argument = Argument::number(
    "phase",
    Unit::Turns,
    -100.0..=100.0,
    "how far the phase is ahead; move it as fast as you like to modulate the phase",
)
.or(0.0);

/// What restarts the phase.
pub const SYNC: Argument =
    Argument::signal("sync", "restarts the period where it rises through 0, between the frames where it must").or(0.0);

/// How long a restart is rounded, in frames.
const REACH: f64 = 3.5;
/// What is missing of a step that has begun, in powers 2 and up of the nearness: 1 on the step, 0 out of reach. Least squares.
const MISSING: [f64; 7] = [
    610.0 / 1024.0,
    -681.0 / 1024.0,
    22312.0 / 1024.0,
    -38074.0 / 1024.0,
    4511.0 / 1024.0,
    23925.0 / 1024.0,
    -11579.0 / 1024.0,
];
/// Above this nearness the two-sided edges reach back to the restart.
const HARD: f64 = 0.5;
/// Turns into a period at which a wave that begins with a jump has jumped.
const HAIR: f64 = 1e-9;

/// A place in a period.
#[derive(Clone, Copy)]
pub struct Point<'b> {
    /// The phase.
    pub phase: I<'b>,
    /// What it moves by in a frame, in turns, modulation included.
    pub turns: F<'b>,
    /// Whether the jump at the start of the period stands as it is, because it was a restart and is rounded as one.
    pub hard: Option<B<'b>>,
}

/// A phase that is modulated and restarted.
pub struct Swing<'b> {
    point: Point<'b>,
    restart: Option<Restart<'b>>,
}

/// A restart that may happen in this frame.
struct Restart<'b> {
    happens: B<'b>,
    /// How many frames ago, 0 to 1.
    since: F<'b>,
    /// The phase where the old period ended.
    old: I<'b>,
    /// The phase where the new one began, a hair later.
    new: I<'b>,
}

impl<'b> Swing<'b> {
    /// A phase that runs at a frequency in hertz, so many turns ahead, and starts anew where `sync` rises through 0.
    pub fn run(site: &Site<'b>, [freq, offset, sync]: [F<'b>; 3]) -> Swing<'b> {
        if sync.known().is_some() {
            let (point, _) = ahead(site, Clock::run(site, freq), offset);
            return Swing { point, restart: None };
        }
        let (happens, since) = rise(site, sync);
        let (clock, broken) = Clock::restarted(site, freq, happens, since);
        let (point, lead) = ahead(site, clock, offset);
        let hair = phase::step(F::select(freq.lt(freq.lit(0.0)), freq.lit(-HAIR), freq.lit(HAIR)));
        let [old, new] = [broken, hair].map(|phase| lead.map_or(phase, |lead| phase + lead));
        Swing { point, restart: Some(Restart { happens, since, old, new }) }
    }

    /// The place in the period, for what is not band-limited.
    pub fn phase(&self) -> I<'b> {
        self.point.phase
    }

    /// The wave of a shape in this frame, of a shape that stays within ±1.
    pub fn wave(self, site: &Site<'b>, shape: impl Fn(Point<'b>) -> F<'b>) -> F<'b> {
        let restarts = self.restart.is_some();
        let wave = self.unbounded(site, shape);
        // At a quarter of the sample rate and more a restart may reach beyond.
        if restarts { wave.min(wave.lit(1.0)).max(wave.lit(-1.0)) } else { wave }
    }

    /// The wave of a shape in this frame.
    pub fn unbounded(self, site: &Site<'b>, shape: impl Fn(Point<'b>) -> F<'b>) -> F<'b> {
        let Swing { point, restart } = self;
        let Some(Restart { happens, since, old, new }) = restart else { return shape(point) };
        // How much is left of the reach of the last restart, and how high the jump was; both are 0 at rest.
        let (held, height) = (site.cell(), site.cell());
        let (zero, one) = (since.lit(0.0), since.lit(1.0));
        let hard = |near: F<'b>| Some(near.gt(near.lit(HARD)));
        let until = (held.get() + (since - 1.0) * (1.0 / REACH)).max(zero);
        let broken = height.get().mul_add(missing(until), shape(Point { phase: old, hard: hard(until), ..point }));
        let begun = shape(Point { phase: new, hard: hard(one), ..point });
        let jump = F::select(happens, broken - begun, height.get());
        let near = F::select(happens, one - since * (1.0 / REACH), (held.get() - 1.0 / REACH).max(zero));
        held.set(near);
        height.set(jump);
        let wave = shape(Point { hard: hard(near), ..point });
        jump.mul_add(missing(near), wave)
    }
}

/// Whether a signal rises through 0 in this frame, and how many frames ago: on the straight line between two frames, and in this
/// frame where it was 0 before, as a trigger is.
fn rise<'b>(site: &Site<'b>, signal: F<'b>) -> (B<'b>, F<'b>) {
    let held = site.cell();
    let before = held.get();
    held.set(signal);
    let zero = signal.lit(0.0);
    let happens = before.le(zero) & signal.gt(zero);
    let since = signal / (signal - before);
    (happens, F::select(happens & before.lt(zero), since, zero))
}

/// A clock's place with an offset in turns, and the offset as a phase where there is one.
fn ahead<'b>(site: &Site<'b>, clock: Clock<'b>, offset: F<'b>) -> (Point<'b>, Option<I<'b>>) {
    let point = Point { phase: clock.phase, turns: clock.turns, hard: None };
    if offset.known() == Some(0.0) {
        return (point, None);
    }
    let lead = phase::step(offset);
    let turns = if offset.known().is_some() {
        point.turns
    } else {
        let held = site.cell();
        let moved = offset - held.get();
        held.set(offset);
        // Whole turns are no way.
        point.turns + (moved - moved.nearest())
    };
    (Point { phase: point.phase + lead, turns, hard: None }, Some(lead))
}

/// What is missing of a step.
fn missing<F: Float>(near: F) -> F {
    let [a, b, c, d, e, f, g] = MISSING.map(|factor| near.lit(factor));
    let square = near * near;
    let (low, middle, high) = (b.mul_add(near, a), d.mul_add(near, c), f.mul_add(near, e));
    let upper = g.mul_add(square, high).mul_add(square, middle);
    square * upper.mul_add(square, low)
}
