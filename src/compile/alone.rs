//! Renders one program by itself, from rest and in memory of its own: for pictures and measurements. It plays no part in an engine.

use std::sync::Arc;

use super::{Compiler, Error};
use crate::dsp::denormals::Flush;
use crate::ir::call::{BPM, Call, QUANTUM, Span, Stamp};
use crate::ir::{Owner, Program, Source, prune};

/// What seeds are made of here, where no instance has a key: the golden ratio, as in SplitMix64.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// The first frames of a program at rest, channel by channel, at `rate` frames per second and the usual tempo. Seeds come from
/// the numbers of the instances. Control thread.
///
/// # Errors
/// As for [`Compiler::compile`].
pub fn render(compiler: &mut Compiler, mut program: Program, rate: f64, frames: usize) -> Result<Vec<Vec<f64>>, Error> {
    prune(&mut program);
    let program = Arc::new(program);
    let _flush = Flush::on();
    let mut runner = compiler.compile(&program)?;
    let constants = program.constants.iter().map(|constant| match constant.source {
        Source::Bits(bits) => bits,
        Source::Seed(instance, number) => SEED ^ ((instance.index() as u64) << 32 | u64::from(number)),
    });
    let constants = constants.collect::<Vec<_>>();
    let slots = |owner: Owner, len: u32| match owner {
        Owner::Table(number) => program.tables[number as usize].iter().map(|number| number.to_bits()).collect(),
        _ => vec![0; len as usize],
    };
    let mut memories = program.memories.iter().map(|memory| slots(memory.owner, memory.len)).collect::<Vec<_>>();
    let spans = memories.iter_mut().map(|memory| {
        let (base, last) = (memory.as_mut_ptr(), memory.len().saturating_sub(1) as u64);
        Span { base, last, write_base: base, write_last: last }
    });
    let spans = spans.collect::<Vec<_>>();
    let mut faults = vec![0; program.faults.len()];
    let mut output = vec![0.0; program.channels as usize * QUANTUM];
    let mut channels = vec![Vec::with_capacity(frames); program.channels as usize];
    let position = [0.0; 3];
    let stamp = Stamp::fresh();
    let mut frame = 0;
    while frame < frames {
        let count = QUANTUM.min(frames - frame);
        // The first one is that of the frame before.
        let beats =
            std::array::from_fn::<f64, { QUANTUM + 1 }, _>(|at| ((frame + at) as f64 - 1.0) * BPM / (60.0 * rate));
        let call = Call {
            constants: constants.as_ptr(),
            spans: spans.as_ptr(),
            output: output.as_mut_ptr(),
            faults: faults.as_mut_ptr(),
            position: position.as_ptr(),
            beats: beats.as_ptr(),
            tempo: BPM,
            frame: frame as u64,
            frames: count as u64,
            stamp,
        };
        // SAFETY: every table has the program's lengths and outlives the call, and nobody else knows this memory.
        unsafe { runner.run(&call) };
        for (channel, samples) in channels.iter_mut().zip(output.chunks(QUANTUM)) {
            channel.extend_from_slice(&samples[..count]);
        }
        frame += count;
    }
    Ok(channels)
}
