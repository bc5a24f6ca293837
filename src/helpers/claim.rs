//! Promises about a helper's sound: each is a sentence of the reference, and a measurement of the tests. How it is measured is not here.

/// A promise.
///
/// Where it names an argument, the other ones are anything in their ranges.
#[derive(Clone, Copy, Debug)]
pub enum Claim {
    /// With the argument at this value, the input passes bit for bit.
    Passes {
        /// Name of the argument.
        argument: &'static str,
        /// Its value.
        at: f64,
    },
    /// No sample leaves this range, whatever the arguments.
    Within {
        /// Lowest sample.
        low: f64,
        /// Highest sample.
        high: f64,
    },
    /// The fundamental is at the argument's frequency within one cent, at any sample rate.
    Pitch {
        /// Name of the argument.
        argument: &'static str,
    },
    /// A sine at the argument's frequency comes out 3.01 dB softer, at any sample rate.
    Corner {
        /// Name of the argument.
        argument: &'static str,
    },
    /// The magnitude of the response to soft sounds is that of a formula within 0.1 dB, from 20 Hz to 0.45 of the sample rate,
    /// whatever the arguments.
    Magnitude {
        /// The formula in words.
        formula: &'static str,
        /// From frequency, sample rate and the arguments after the input to a factor; NaN where nothing is promised.
        curve: fn(frequency: f64, rate: f64, arguments: &[f64]) -> f64,
    },
    /// What folds back below 18 kHz from a tone of 5 kHz at 48 kHz lies this far under the fundamental.
    Alias {
        /// Decibels under the fundamental.
        under: f64,
    },
    /// Turns of the argument are added to the phase: where it moves, that is as much more frequency, and as well band-limited.
    Turns {
        /// Name of the argument.
        argument: &'static str,
    },
    /// A wave that is restarted by another, slower one holds the harmonics of that one, and what folds back below 18 kHz lies this
    /// far under the strongest.
    Restarts {
        /// Name of the argument that restarts it.
        argument: &'static str,
        /// Decibels under the strongest partial.
        under: f64,
    },
    /// Struck once, its fundamental is where the first argument says, from 27 Hz to 4 kHz, and 60 dB softer after the time that the second
    /// says, at any sample rate.
    Tuned {
        /// Name of the argument that is the pitch.
        pitch: &'static str,
        /// How far off it may be.
        cents: f64,
        /// Name of the argument that is the time.
        decay: &'static str,
        /// By how many per cent the time may be missed.
        percent: f64,
    },
    /// Its power falls by so much per octave, within half a decibel, up to 18 kHz, at any sample rate.
    Tilt {
        /// Decibels per octave.
        decibels: f64,
        /// Lowest frequency in hertz.
        from: f64,
    },
    /// Something new happens as often per second as the argument says.
    Happens {
        /// Name of the argument.
        argument: &'static str,
        /// By how many per cent that may be missed in a minute.
        percent: f64,
    },
    /// A steady input of 1 comes out at these levels, one per channel, with the arguments at these values.
    Levels {
        /// Arguments after the input.
        arguments: &'static [f64],
        /// Decibels; minus infinity is silence.
        decibels: &'static [f64],
    },
    /// Something begins at beat 0 and at each multiple of the argument, on its frame, at any tempo and sample rate.
    OnTheBeat {
        /// Name of the argument.
        argument: &'static str,
    },
    /// The first frame has this value.
    Begins {
        /// The first sample.
        with: f64,
    },
    /// A jump of the input is done to this part after the time that the argument says, within a frame.
    Settles {
        /// Name of the argument.
        argument: &'static str,
        /// Part of the jump.
        part: f64,
    },
    /// Once it was struck it rings at the argument's frequency, at any sample rate.
    Rings {
        /// Name of the argument.
        argument: &'static str,
        /// Arguments that must have these values for it.
        with: &'static [(&'static str, f64)],
        /// How far off it may be.
        cents: f64,
    },
    /// What rings is 60 dB softer after the time that the argument says.
    Fades {
        /// Name of the argument.
        argument: &'static str,
        /// By how many per cent the time may be missed.
        percent: f64,
    },
    /// Two channels of each one of the input are a quarter turn apart, the first ahead, and both as loud as the input, from 30 Hz to 0.45 of
    /// the sample rate.
    Quadrature {
        /// How far from the quarter turn they may be.
        degrees: f64,
    },
    /// A tone comes out moved by the hertz that the argument says, as loud as before, and next to nothing else does.
    Moves {
        /// Name of the argument.
        argument: &'static str,
        /// Decibels that all else lies under the tone.
        under: f64,
    },
    /// Channels that are steady at these values come out at those.
    Routes {
        /// One for each channel that goes in.
        input: &'static [f64],
        /// Arguments after the input.
        arguments: &'static [f64],
        /// One for each channel that comes out.
        output: &'static [f64],
    },
    /// All channels that come out add up to what those that go in add up to.
    KeepsSum,
    /// A sound that has ended falls by 60 dB in the time of the argument, within a tenth of it, around 1 kHz and at any
    /// sample rate; times from 0.3 to 20 s.
    Rt60 {
        /// Name of the argument.
        argument: &'static str,
    },
    /// Of a mono sound no two channels that come out are correlated by as much as this.
    Decorrelates {
        /// The magnitude of the correlation.
        below: f64,
    },
    /// White noise comes out as loud as it went in, whatever the arguments but damping.
    Loudness {
        /// Decibels.
        within: f64,
    },
    /// A click comes after the time of the argument, to the frame, and at its level.
    Arrives {
        /// Name of the argument.
        argument: &'static str,
    },
    /// A tone swings up and down by the argument in cents, within a twentieth of it, and its level by no more than 0.1 dB.
    Swings {
        /// Name of the argument.
        argument: &'static str,
    },
    /// With these arguments all that goes in comes out, whatever the others do from frame to frame.
    Lossless {
        /// Names of arguments and their values.
        at: &'static [(&'static str, f64)],
    },
    /// At any time of the argument, between frames too, no frequency up to a part of the sample rate is louder or softer than that.
    Flat {
        /// Name of the argument.
        argument: &'static str,
        /// Decibels.
        within: f64,
        /// Part of the sample rate.
        until: f64,
    },
    /// After steps of the first argument the output goes through values at times, at any sample rate: within a thousandth of the value,
    /// and a frame or half a per cent of the time since the last step.
    Course {
        /// The other arguments, in order.
        arguments: &'static [f64],
        /// What is given where an array is wanted.
        rows: &'static [&'static [f64]],
        /// Steps of the input: seconds, value from then on. Empty where the first argument is a number too.
        input: &'static [(f64, f64)],
        /// Seconds and what comes out then.
        output: &'static [(f64, f64)],
    },
    /// Frame by frame at 48 kHz, exactly.
    Frames {
        /// The first frames of each argument that is a signal.
        inputs: &'static [&'static [f64]],
        /// The other arguments, in order.
        arguments: &'static [f64],
        /// What comes out.
        output: &'static [f64],
    },
    /// However gates open and close, between 0 and 1, the output never steps.
    Smooth {
        /// Arguments after the gate.
        arguments: &'static [f64],
        /// The most that two frames differ by.
        step: f64,
    },
    /// A steady input comes out at the value of a formula, whatever the arguments.
    Maps {
        /// The formula in words.
        formula: &'static str,
        /// From the input and the arguments after it to what comes out.
        curve: fn(input: f64, arguments: &[f64]) -> f64,
    },
    /// With the argument at this value, what stays below a level passes bit for bit.
    Transparent {
        /// Name of the argument.
        argument: &'static str,
        /// Its value.
        at: f64,
        /// The level.
        up_to: f64,
        /// How many frames it comes late, from the sample rate.
        late: fn(rate: f64) -> u32,
    },
    /// What folds back below 18 kHz from a loud sine at 48 kHz lies this far under its fundamental.
    Clean {
        /// Hertz.
        tone: f64,
        /// Arguments after the input.
        arguments: &'static [f64],
        /// Decibels under the fundamental.
        under: f64,
    },
    /// A steady sine of 1 kHz comes out at the level of a formula within 0.1 dB, once attack and release are over.
    Gain {
        /// The formula in words.
        formula: &'static str,
        /// From the level of the input and the arguments that are numbers to the level of the output, in decibels.
        curve: fn(level: f64, arguments: &[f64]) -> f64,
    },
    /// What turns one channel down turns down all of them alike.
    Together {
        /// How many frames it comes late, from the sample rate.
        late: fn(rate: f64) -> u32,
    },
    /// No sample is louder than the argument says.
    Ceiling {
        /// Name of the argument, which is in decibels.
        argument: &'static str,
    },
}
