//! A routine as Cranelift's code for vectors of two, for processors that have no wider ones. It chooses no registers.

use std::mem::offset_of;

use cranelift_codegen::ir::types::{F64X2, I64, I64X2};
use cranelift_codegen::ir::{AliasRegionData, Block, ConstantData, InstBuilder, MemFlagsData, SigRef, Value};
use cranelift_frontend::{FunctionBuilder, Variable};

use super::kernel::Lent;
use super::routine::{Along, Field, Operand, Routine};

/// Numbers in a vector.
pub(super) const LANES: u8 = 2;

/// Bytes of a vector.
pub(super) const VECTOR: i64 = 16;

/// Writes a routine for vectors of two into an empty function that takes the address of a [`Lent`]. `fuse` is the signature and
/// the address of what multiplies and adds with one rounding, where the processor has no instruction for it.
pub fn translate(
    routine: &Routine,
    accumulates: bool,
    builder: &mut FunctionBuilder<'_>,
    fuse: Option<(SigRef, usize)>,
) {
    let mut region = |user_id, description: &'static str| {
        let data = AliasRegionData { user_id, description: description.into() };
        let region = builder.func.dfg.alias_regions.insert(data);
        MemFlagsData::trusted().with_alias_region(Some(region))
    };
    let lent = MemFlagsData::trusted().with_readonly();
    let flags = Flags {
        lent,
        state: region(0, "state"),
        rings: region(1, "rings"),
        windows: region(2, "windows"),
        fed: MemFlagsData::new().with_notrap().with_readonly(),
        output: MemFlagsData::new().with_notrap().with_alias_region(region(3, "output").alias_region()),
    };
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    let call = builder.block_params(entry)[0];
    let at = [(); PLACES].map(|()| builder.declare_var(I64));
    let (now, fed) = (builder.declare_var(I64X2), builder.declare_var(I64));
    let values = vec![call; routine.values as usize];
    let mut translator = Translator { routine, accumulates, builder, flags, fuse, call, at, now, fed, values };
    translator.chunks();
    builder.seal_all_blocks();
}

/// How memory is accessed: it never traps.
pub(super) struct Flags {
    /// What nothing writes during a call.
    lent: MemFlagsData,
    pub(super) state: MemFlagsData,
    pub(super) rings: MemFlagsData,
    pub(super) windows: MemFlagsData,
    /// What lies at any frame: no vector need begin there.
    fed: MemFlagsData,
    pub(super) output: MemFlagsData,
}

/// Where the present group's tables lie.
pub(super) const STATE: usize = 0;
const CONSTANTS: usize = 1;
const RINGS: usize = 2;
pub(super) const WINDOWS: usize = 3;
pub(super) const OUTPUT: usize = 4;
/// Tables of a group.
const TABLES: usize = 5;
/// After the present group's tables those of the first group of the chunk, in the present frame; and then those of the chunk.
const PLACES: usize = 3 * TABLES;

pub(super) struct Translator<'r, 'a, 'f> {
    pub(super) routine: &'r Routine,
    pub(super) accumulates: bool,
    pub(super) builder: &'a mut FunctionBuilder<'f>,
    pub(super) flags: Flags,
    pub(super) fuse: Option<(SigRef, usize)>,
    call: Value,
    at: [Variable; PLACES],
    /// The number of the frame.
    now: Variable,
    /// How far into its feeds it is, in bytes.
    fed: Variable,
    pub(super) values: Vec<Value>,
}

impl Translator<'_, '_, '_> {
    pub(super) fn field(&mut self, offset: usize) -> Value {
        self.builder.ins().load(I64, self.flags.lent, self.call, offset as i32)
    }

    pub(super) fn get(&mut self, variable: usize) -> Value {
        self.builder.use_var(self.at[variable])
    }

    fn set(&mut self, variable: usize, value: Value) {
        self.builder.def_var(self.at[variable], value);
    }

    /// Copies the places of all tables from one level of loops to the one inside.
    fn descend(&mut self, from: usize, to: usize) {
        for table in 0..TABLES {
            let place = self.get(from * TABLES + table);
            self.set(to * TABLES + table, place);
        }
    }

    fn add(&mut self, variable: usize, bytes: i64) {
        let place = self.get(variable);
        let place = self.builder.ins().iadd_imm_s(place, bytes);
        self.set(variable, place);
    }

    /// A loop that runs `count` times, at least once; `body` gives what is done in each.
    fn repeat(&mut self, count: Value, body: impl FnOnce(&mut Self)) {
        let (again, done) = (self.builder.create_block(), self.builder.create_block());
        let left = self.builder.declare_var(I64);
        self.builder.def_var(left, count);
        self.builder.ins().jump(again, &[]);
        self.builder.switch_to_block(again);
        body(self);
        let now = self.builder.use_var(left);
        let now = self.builder.ins().iadd_imm_s(now, -1);
        self.builder.def_var(left, now);
        self.turn(now, again, done);
        self.builder.switch_to_block(done);
    }

    fn turn(&mut self, left: Value, again: Block, done: Block) {
        self.builder.ins().brif(left, again, &[], done, &[]);
    }

    /// The loops: over chunks, frames and groups.
    fn chunks(&mut self) {
        let offsets = [
            offset_of!(Lent, state),
            offset_of!(Lent, constants),
            offset_of!(Lent, rings),
            offset_of!(Lent, windows),
            offset_of!(Lent, output),
        ];
        for (table, offset) in offsets.into_iter().enumerate() {
            let place = self.field(offset);
            self.set(2 * TABLES + table, place);
        }
        let [frames, groups, chunks] =
            [offset_of!(Lent, frames), offset_of!(Lent, groups), offset_of!(Lent, chunks)].map(|at| self.field(at));
        let [group_stride, chunk_stride] =
            [offset_of!(Lent, group_stride), offset_of!(Lent, chunk_stride)].map(|at| self.field(at));
        let clock = self.field(offset_of!(Lent, clock));
        let [state, constants, rings, windows] = self.routine.tables().map(|slots| (slots * size_of::<u64>()) as i64);
        self.repeat(chunks, |of| {
            of.descend(2, 1);
            let first = of.builder.ins().load(I64X2, of.flags.lent, clock, 0);
            of.builder.def_var(of.now, first);
            let fed = of.field(offset_of!(Lent, feed_first));
            of.builder.def_var(of.fed, fed);
            of.repeat(frames, |of| {
                of.descend(1, 0);
                of.repeat(groups, |of| {
                    for number in 0..of.routine.steps.len() {
                        of.step(&of.routine.steps[number]);
                    }
                    for (table, bytes) in [(STATE, state), (CONSTANTS, constants), (RINGS, rings), (WINDOWS, windows)] {
                        of.add(table, bytes);
                    }
                    let output = of.get(OUTPUT);
                    let output = of.builder.ins().iadd(output, group_stride);
                    of.set(OUTPUT, output);
                });
                of.add(TABLES + OUTPUT, VECTOR);
                of.add(TABLES + WINDOWS, VECTOR);
                let (now, by) = (of.builder.use_var(of.now), (2 * VECTOR) as i32);
                let step = of.builder.ins().load(I64X2, of.flags.lent, clock, by);
                let now = of.builder.ins().iadd(now, step);
                of.builder.def_var(of.now, now);
                let each = if of.routine.along == Along::Time { VECTOR } else { size_of::<u64>() as i64 };
                let fed = of.builder.use_var(of.fed);
                let fed = of.builder.ins().iadd_imm_s(fed, each);
                of.builder.def_var(of.fed, fed);
            });
            // The next chunk begins where the groups of this one end.
            for (table, bytes) in [(STATE, state), (CONSTANTS, constants), (RINGS, rings), (WINDOWS, windows)] {
                let all = of.builder.ins().imul_imm_s(groups, bytes);
                let place = of.get(2 * TABLES + table);
                let place = of.builder.ins().iadd(place, all);
                of.set(2 * TABLES + table, place);
            }
            let output = of.get(2 * TABLES + OUTPUT);
            let output = of.builder.ins().iadd(output, chunk_stride);
            of.set(2 * TABLES + OUTPUT, output);
        });
        self.builder.ins().return_(&[]);
    }

    // Operands.

    fn load(&mut self, flags: MemFlagsData, table: usize, offset: i64) -> Value {
        let base = self.get(table);
        self.builder.ins().load(I64X2, flags, base, offset as i32)
    }

    pub(super) fn operand(&mut self, operand: Operand) -> Value {
        match operand {
            Operand::Value(value) => self.values[value as usize],
            Operand::Literal(number) => {
                let bits = self.routine.literals[number as usize].to_le_bytes();
                let both = ConstantData::from([bits, bits].concat());
                let both = self.builder.func.dfg.constants.insert(both);
                self.builder.ins().vconst(I64X2, both)
            }
            Operand::Constant(number) => self.load(self.flags.lent, CONSTANTS, i64::from(number) * VECTOR),
            Operand::Cell(number) => self.load(self.flags.state, STATE, i64::from(number) * VECTOR),
            Operand::Ring(ring, field) => {
                let vector = i64::from(ring) * Field::COUNT as i64 + field as i64;
                self.load(self.flags.lent, RINGS, vector * VECTOR)
            }
            Operand::Window(window, ahead) => {
                let vector = self.routine.window_at(window as usize) as i64 + i64::from(ahead);
                self.load(self.flags.windows, WINDOWS, vector * VECTOR)
            }
            Operand::Feed(number) => self.feed(number),
            Operand::Frame => self.builder.use_var(self.now),
        }
    }

    /// Where the present frame of a feed lies.
    pub(super) fn seek(&mut self, number: u32) -> Value {
        let (feeds, far) = (self.field(offset_of!(Lent, feeds)), self.builder.use_var(self.fed));
        let feed = self.builder.ins().load(I64, self.flags.lent, feeds, number as i32 * size_of::<u64>() as i32);
        self.builder.ins().iadd(feed, far)
    }

    /// What both lanes are fed, or each of its own frame.
    fn feed(&mut self, number: u32) -> Value {
        let address = self.seek(number);
        match self.routine.along {
            Along::Time => self.builder.ins().load(I64X2, self.flags.fed, address, 0),
            Along::Instances => {
                let number = self.builder.ins().load(I64, self.flags.lent, address, 0);
                self.builder.ins().splat(I64X2, number)
            }
        }
    }

    pub(super) fn real(&mut self, bits: Value) -> Value {
        self.builder.ins().bitcast(F64X2, MemFlagsData::new(), bits)
    }

    pub(super) fn bits(&mut self, real: Value) -> Value {
        self.builder.ins().bitcast(I64X2, MemFlagsData::new(), real)
    }
}
