//! A routine as Cranelift's code for vectors of two, for processors that have no wider ones. It chooses no registers.

use std::mem::offset_of;

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, F64X2, I64, I64X2};
use cranelift_codegen::ir::{AliasRegionData, Block, ConstantData, InstBuilder, MemFlagsData, SigRef, Value};
use cranelift_frontend::{FunctionBuilder, Variable};

use super::kernel::Lent;
use super::routine::{Along, Code, Field, Operand, Relation, Routine, Step};
use crate::ir::call::QUANTUM;

/// Numbers in a vector.
const LANES: u8 = 2;

/// Bytes of a vector.
const VECTOR: i64 = 16;

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
struct Flags {
    /// What nothing writes during a call.
    lent: MemFlagsData,
    state: MemFlagsData,
    rings: MemFlagsData,
    windows: MemFlagsData,
    /// What lies at any frame: no vector need begin there.
    fed: MemFlagsData,
    output: MemFlagsData,
}

/// Where the present group's tables lie.
const STATE: usize = 0;
const CONSTANTS: usize = 1;
const RINGS: usize = 2;
const WINDOWS: usize = 3;
const OUTPUT: usize = 4;
/// Tables of a group.
const TABLES: usize = 5;
/// After the present group's tables those of the first group of the chunk, in the present frame; and then those of the chunk.
const PLACES: usize = 3 * TABLES;

struct Translator<'r, 'a, 'f> {
    routine: &'r Routine,
    accumulates: bool,
    builder: &'a mut FunctionBuilder<'f>,
    flags: Flags,
    fuse: Option<(SigRef, usize)>,
    call: Value,
    at: [Variable; PLACES],
    /// The number of the frame.
    now: Variable,
    /// How far into its feeds it is, in bytes.
    fed: Variable,
    values: Vec<Value>,
}

impl Translator<'_, '_, '_> {
    fn field(&mut self, offset: usize) -> Value {
        self.builder.ins().load(I64, self.flags.lent, self.call, offset as i32)
    }

    fn get(&mut self, variable: usize) -> Value {
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

    fn operand(&mut self, operand: Operand) -> Value {
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
            Operand::Window(window) => {
                self.load(self.flags.windows, WINDOWS, i64::from(window) * QUANTUM as i64 * VECTOR)
            }
            Operand::Feed(number) => self.feed(number),
            Operand::Frame => self.builder.use_var(self.now),
        }
    }

    /// What both lanes are fed, or each of its own frame.
    fn feed(&mut self, number: u32) -> Value {
        let (feeds, far) = (self.field(offset_of!(Lent, feeds)), self.builder.use_var(self.fed));
        let feed = self.builder.ins().load(I64, self.flags.lent, feeds, number as i32 * size_of::<u64>() as i32);
        let address = self.builder.ins().iadd(feed, far);
        match self.routine.along {
            Along::Time => self.builder.ins().load(I64X2, self.flags.fed, address, 0),
            Along::Instances => {
                let number = self.builder.ins().load(I64, self.flags.lent, address, 0);
                self.builder.ins().splat(I64X2, number)
            }
        }
    }

    fn real(&mut self, bits: Value) -> Value {
        self.builder.ins().bitcast(F64X2, MemFlagsData::new(), bits)
    }

    fn bits(&mut self, real: Value) -> Value {
        self.builder.ins().bitcast(I64X2, MemFlagsData::new(), real)
    }

    // Steps.

    fn step(&mut self, step: &Step) {
        let mut operands = Vec::with_capacity(3);
        for operand in step.operands() {
            operands.push(self.operand(operand));
        }
        if let Some(value) = self.compute(step.code, &operands)
            && let Some(to) = step.to
        {
            self.values[to as usize] = value;
        }
    }

    fn compute(&mut self, code: Code, operands: &[Value]) -> Option<Value> {
        Some(match (code, operands) {
            (Code::Move, &[x]) => x,
            (Code::Add | Code::Sub | Code::Mul | Code::Div | Code::Min | Code::Max, &[x, y]) => {
                let (x, y) = (self.real(x), self.real(y));
                let result = self.reals(code, x, y);
                self.bits(result)
            }
            (Code::Fma, &[x, y, z]) => self.fused([x, y, z]),
            (Code::Sqrt, &[x]) => {
                let x = self.real(x);
                let root = self.builder.ins().sqrt(x);
                self.bits(root)
            }
            (Code::Round(direction), &[x]) => {
                let x = self.real(x);
                let rounded = match direction {
                    0 => self.builder.ins().nearest(x),
                    1 => self.builder.ins().floor(x),
                    2 => self.builder.ins().ceil(x),
                    _ => self.builder.ins().trunc(x),
                };
                self.bits(rounded)
            }
            (Code::Compare(relation), &[x, y]) => {
                let (x, y) = (self.real(x), self.real(y));
                let relation = match relation {
                    Relation::Less => FloatCC::LessThan,
                    Relation::AtMost => FloatCC::LessThanOrEqual,
                    Relation::Equal => FloatCC::Equal,
                };
                self.builder.ins().fcmp(relation, x, y)
            }
            (Code::IntCompare(relation), &[x, y]) => {
                let relation = match relation {
                    Relation::Less => IntCC::SignedLessThan,
                    Relation::AtMost => IntCC::SignedLessThanOrEqual,
                    Relation::Equal => IntCC::Equal,
                };
                self.builder.ins().icmp(relation, x, y)
            }
            // Truths are lanes full of ones, so both are the same.
            (Code::Blend, &[mask, yes, no]) if cfg!(target_arch = "x86_64") => self.builder.ins().blendv(mask, yes, no),
            (Code::Blend, &[mask, yes, no]) => self.builder.ins().bitselect(mask, yes, no),
            (Code::And, &[x, y]) => self.builder.ins().band(x, y),
            (Code::Or, &[x, y]) => self.builder.ins().bor(x, y),
            (Code::Xor, &[x, y]) => self.builder.ins().bxor(x, y),
            (Code::IntAdd, &[x, y]) => self.builder.ins().iadd(x, y),
            (Code::IntSub, &[x, y]) => self.builder.ins().isub(x, y),
            (Code::ShlBy(by), &[x]) => self.builder.ins().ishl_imm_u(x, i64::from(by)),
            (Code::ShrBy(by), &[x]) => self.builder.ins().ushr_imm_u(x, i64::from(by)),
            (Code::SarBy(by), &[x]) => self.builder.ins().sshr_imm_u(x, i64::from(by)),
            (Code::IntMul, &[x, y]) => self.each(&[x, y], |of, lanes| of.builder.ins().imul(lanes[0], lanes[1])),
            (Code::Shl, &[x, y]) => self.each(&[x, y], |of, lanes| of.builder.ins().ishl(lanes[0], lanes[1])),
            (Code::Shr, &[x, y]) => self.each(&[x, y], |of, lanes| of.builder.ins().ushr(lanes[0], lanes[1])),
            (Code::Sar, &[x, y]) => self.each(&[x, y], |of, lanes| of.builder.ins().sshr(lanes[0], lanes[1])),
            (Code::ToInt, &[x]) => self.each(&[x], |of, lanes| {
                let real = of.builder.ins().bitcast(F64, MemFlagsData::new(), lanes[0]);
                // What is out of range the routine replaces.
                of.builder.ins().fcvt_to_sint_sat(I64, real)
            }),
            (Code::ToReal, &[x]) => self.each(&[x], |of, lanes| {
                let real = of.builder.ins().fcvt_from_sint(F64, lanes[0]);
                of.builder.ins().bitcast(I64, MemFlagsData::new(), real)
            }),
            (Code::Fetch, &[addresses]) => {
                let flags = self.flags.rings;
                self.each(&[addresses], |of, lanes| of.builder.ins().load(I64, flags, lanes[0], 0))
            }
            _ => {
                self.write(code, operands);
                return None;
            }
        })
    }

    fn reals(&mut self, code: Code, x: Value, y: Value) -> Value {
        let ins = self.builder.ins();
        let (less, more) = match code {
            Code::Add => return ins.fadd(x, y),
            Code::Sub => return ins.fsub(x, y),
            Code::Mul => return ins.fmul(x, y),
            Code::Div => return ins.fdiv(x, y),
            Code::Min => (x, y),
            _ => (y, x),
        };
        // The left where it compares so, else the right: in these words one instruction of x86.
        let left = self.builder.ins().fcmp(FloatCC::LessThan, less, more);
        let left = self.real(left);
        self.builder.ins().bitselect(left, x, y)
    }

    fn fused(&mut self, operands: [Value; 3]) -> Value {
        let Some((signature, address)) = self.fuse else {
            let [x, y, z] = operands.map(|bits| self.real(bits));
            let result = self.builder.ins().fma(x, y, z);
            return self.bits(result);
        };
        let function = self.builder.ins().iconst(I64, address as i64);
        self.each(&operands, |of, lanes| {
            let lanes = lanes.iter().map(|bits| of.builder.ins().bitcast(F64, MemFlagsData::new(), *bits));
            let lanes = lanes.collect::<Vec<_>>();
            let call = of.builder.ins().call_indirect(signature, function, &lanes);
            let result = of.builder.inst_results(call)[0];
            of.builder.ins().bitcast(I64, MemFlagsData::new(), result)
        })
    }

    /// What is done lane by lane.
    fn each(&mut self, operands: &[Value], one: impl Fn(&mut Self, &[Value]) -> Value) -> Value {
        let mut results = [None; LANES as usize];
        for (lane, result) in (0..LANES).zip(&mut results) {
            let lanes = operands.iter().map(|vector| self.builder.ins().extractlane(*vector, lane)).collect::<Vec<_>>();
            *result = Some(one(self, &lanes));
        }
        let [first, second] = results.map(|result| result.expect("there are two lanes"));
        let both = self.builder.ins().splat(I64X2, first);
        self.builder.ins().insertlane(both, second, 1)
    }

    /// Steps that give no value.
    fn write(&mut self, code: Code, operands: &[Value]) {
        match (code, operands) {
            (Code::Put, &[addresses, numbers]) => {
                for lane in 0..LANES {
                    let [address, number] =
                        [addresses, numbers].map(|vector| self.builder.ins().extractlane(vector, lane));
                    self.builder.ins().store(self.flags.rings, number, address, 0);
                }
            }
            (Code::Keep(cell), &[x]) => {
                let base = self.get(STATE);
                self.builder.ins().store(self.flags.state, x, base, cell as i32 * VECTOR as i32);
            }
            (Code::Lay(window), &[x]) => {
                let (base, offset) = (self.get(WINDOWS), window as i32 * QUANTUM as i32 * VECTOR as i32);
                self.builder.ins().store(self.flags.windows, x, base, offset);
            }
            (Code::Give(channel), &[x]) => {
                let (output, stride) = (self.get(OUTPUT), self.field(offset_of!(Lent, channel_stride)));
                let distance = self.builder.ins().imul_imm_s(stride, i64::from(channel));
                let address = self.builder.ins().iadd(output, distance);
                let mut given = x;
                if self.accumulates {
                    let before = self.builder.ins().load(F64X2, self.flags.output, address, 0);
                    let more = self.real(x);
                    let sum = self.builder.ins().fadd(more, before);
                    given = self.bits(sum);
                }
                self.builder.ins().store(self.flags.output, given, address, 0);
            }
            _ => unreachable!("a step has the operands of its code"),
        }
    }
}
