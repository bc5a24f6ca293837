//! Random valid programs, grown from a tape of numbers, so that a shorter tape is a smaller program. It checks nothing.

use aither::ir::{
    Binary, BlockId, Bound, Builder, End, FaultId, MemoryId, Owner, Place, Program, Source, Type, Unary, ValueId,
};

/// Numbers at which arithmetic is likely to go wrong.
pub const REALS: [f64; 26] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    3.0,
    1e-3,
    -7.25,
    440.0,
    1e300,
    -1e300,
    4503599627370495.5,
    9007199254740993.0,
    9223372036854775807.0,
    -9223372036854775808.0,
    1e19,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MIN_POSITIVE,
    f64::MAX,
    f64::MIN,
];
/// Numbers below the smallest normal one.
pub const SUBNORMALS: [f64; 4] = [5e-324, -5e-324, 1e-310, -2.2e-308];
pub const INTS: [i64; 18] = [
    0,
    1,
    -1,
    2,
    3,
    -3,
    7,
    63,
    64,
    1000,
    (1 << 51) - 1,
    1 << 51,
    -1 << 51,
    (-1 << 51) - 1,
    i64::MAX,
    i64::MIN,
    i64::MIN + 1,
    0x3ff0_0000_0000_0000,
];

/// Operations on one value; the bits of a float are taken where it is no NaN.
pub const UNARY: [Unary; 12] = [
    Unary::Neg,
    Unary::Abs,
    Unary::Sqrt,
    Unary::Floor,
    Unary::Ceil,
    Unary::Trunc,
    Unary::Nearest,
    Unary::Not,
    Unary::ToInt,
    Unary::FromBits,
    Unary::ToReal,
    Unary::Ordinal,
];
/// Operations on two values.
pub const BINARY: [Binary; 26] = [
    Binary::Add,
    Binary::Sub,
    Binary::Mul,
    Binary::Div,
    Binary::Min,
    Binary::Max,
    Binary::Lt,
    Binary::Le,
    Binary::Eq,
    Binary::IntAdd,
    Binary::IntSub,
    Binary::IntMul,
    Binary::IntDiv,
    Binary::IntRem,
    Binary::IntAnd,
    Binary::IntOr,
    Binary::IntXor,
    Binary::IntShl,
    Binary::IntShr,
    Binary::IntSar,
    Binary::IntLt,
    Binary::IntLe,
    Binary::IntEq,
    Binary::And,
    Binary::Or,
    Binary::Xor,
];
const TYPES: [Type; 3] = [Type::Real, Type::Int, Type::Bool];

/// What a tape is read as.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flavour {
    /// Whether minimum and maximum meet no subnormal number: which zero or number they then choose is the processor's.
    pub flushed: bool,
    /// Whether small memory is also read and written at computed places.
    pub computed: bool,
    /// Whether it is one straight run of what vectors have.
    pub straight: bool,
}

struct Grower<'t> {
    builder: Builder,
    tape: std::slice::Iter<'t, u32>,
    /// Values that dominate this point.
    pools: [Vec<ValueId>; 3],
    memories: Vec<Room>,
    faults: Vec<FaultId>,
    channels: usize,
    flavour: Flavour,
}

#[derive(Clone, Copy)]
struct Room {
    id: MemoryId,
    ty: Type,
    len: u32,
    table: bool,
    computed: bool,
}

/// The program of a tape, and the type that each of its memories holds.
pub fn program(tape: &[u32], flavour: Flavour) -> (Program, Vec<Type>) {
    let builder = Builder::new(usize::MAX);
    let mut grower = Grower {
        builder,
        tape: tape.iter(),
        pools: Default::default(),
        memories: Vec::new(),
        faults: Vec::new(),
        channels: 0,
        flavour,
    };
    grower.channels = 1 + grower.pick(3);
    grower.rooms();
    for ty in TYPES {
        for _ in 0..2 {
            grower.number(ty);
        }
    }
    while !grower.tape.as_slice().is_empty() {
        grower.step(0);
    }
    let channels = grower.returned().into_iter().map(|value| grower.builder.real(value)).collect::<Vec<_>>();
    let types = grower.memories.iter().map(|room| room.ty).collect();
    (grower.builder.finish(&channels), types)
}

impl Grower<'_> {
    fn pick(&mut self, count: usize) -> usize {
        self.tape.next().map_or(0, |&number| number as usize % count)
    }

    fn rooms(&mut self) {
        let builder = &self.builder;
        let place = Place { file: 0, line: 1, column: 1 };
        let instance = builder.instance("random", 1, place);
        let (mut cells, mut count) = (builder.claim_cell(instance).0, 1);
        while count < 5 {
            (cells, count) = (builder.claim_cell(instance).0, count + 1);
        }
        let long = builder.claim_line(instance, 5, 4, 0);
        let counts = builder.claim_line(instance, 3, 2, 1);
        let sandbox = builder.sandbox(12);
        let table = builder.table(&[1.0, -2.0, 0.5]);
        let truths = builder.memory(Owner::Scratch, 1);
        let rooms = [
            (cells, Type::Real, 5, self.flavour.computed),
            (long, Type::Real, 8, true),
            (counts, Type::Int, 4, true),
            (sandbox, Type::Int, 12, self.flavour.computed),
            (table, Type::Real, 3, true),
            (truths, Type::Bool, 1, self.flavour.computed),
        ];
        for (id, ty, len, computed) in rooms {
            self.memories.push(Room { id, ty, len, table: id == table, computed });
        }
        let seed = builder.claim_seed(instance);
        self.pools[1].push(seed);
        self.faults = (0..2).map(|number| builder.fault_site(place, format!("fault {number}"))).collect();
    }

    fn value(&mut self, ty: Type) -> ValueId {
        let index = self.pick(self.pools[ty as usize].len());
        let pool = &self.pools[ty as usize];
        // Newest first: small numbers make chains.
        pool[pool.len() - 1 - index]
    }

    fn push(&mut self, value: ValueId) {
        let ty = self.builder.type_of(value).expect("a value");
        self.pools[ty as usize].push(value);
    }

    fn number(&mut self, ty: Type) {
        let bits = match ty {
            Type::Real => REALS[self.pick(REALS.len())].to_bits(),
            Type::Int => INTS[self.pick(INTS.len())] as u64,
            Type::Bool => self.pick(2) as u64,
        };
        let value = match self.pick(2) {
            0 => self.builder.constant(ty, Source::Bits(bits)),
            _ => self.builder.literal(ty, bits),
        };
        self.push(value);
    }

    /// The payload of a NaN is nobody's promise, so it must not become an Int.
    fn plain(&mut self, real: ValueId) -> ValueId {
        let number = self.builder.binary(Binary::Eq, real, real);
        let zero = self.builder.literal(Type::Real, 0);
        self.builder.select(number, real, zero)
    }

    fn returned(&mut self) -> Vec<ValueId> {
        (0..self.channels).map(|_| self.value(Type::Real)).collect()
    }

    fn step(&mut self, depth: usize) {
        let kinds = if self.flavour.straight { 27 } else { 28 };
        match self.pick(if depth < 3 && !self.flavour.straight { 32 } else { kinds }) {
            0..=8 => self.binary(),
            9..=12 => self.unary(),
            13 | 14 => {
                let [x, y, z] = [(); 3].map(|()| self.value(Type::Real));
                let value = self.builder.fma(x, y, z);
                self.push(value);
            }
            15 | 16 => {
                let ty = TYPES[self.pick(3)];
                let (condition, yes, no) = (self.value(Type::Bool), self.value(ty), self.value(ty));
                let value = self.builder.select(condition, yes, no);
                self.push(value);
            }
            17 => {
                let ty = TYPES[self.pick(3)];
                self.number(ty);
            }
            18 => {
                let axis = self.pick(4) as u8;
                let value =
                    if axis == 3 || self.flavour.straight { self.builder.frame() } else { self.builder.position(axis) };
                self.push(value);
            }
            19..=22 => self.load(),
            23..=26 => self.store(),
            27 => {
                let index = self.pick(self.faults.len());
                self.builder.fault(self.faults[index]);
            }
            28 | 29 => self.branch(depth),
            _ => self.turns(depth),
        }
    }

    fn unary(&mut self) {
        let op = UNARY[self.pick(UNARY.len())];
        let operand = self.value(aither::ir::eval::unary_type(op).0);
        let value = self.builder.unary(op, operand);
        self.push(value);
        if op == Unary::Abs {
            let plain = self.plain(value);
            let bits = self.builder.unary(Unary::ToBits, plain);
            self.push(bits);
        }
    }

    fn binary(&mut self) {
        let op = BINARY[self.pick(BINARY.len())];
        let from = aither::ir::eval::binary_type(op).0;
        let [x, y] = [(); 2].map(|()| {
            let operand = self.value(from);
            let chooses = self.flavour.flushed && matches!(op, Binary::Min | Binary::Max);
            if chooses { self.normal(operand) } else { operand }
        });
        let value = self.builder.binary(op, x, y);
        self.push(value);
    }

    /// What arithmetic makes of a number: zero instead of a subnormal one, while denormals are flushed.
    fn normal(&mut self, real: ValueId) -> ValueId {
        let one = self.builder.literal(Type::Real, 1f64.to_bits());
        self.builder.binary(Binary::Mul, real, one)
    }

    fn place(&mut self, room: Room) -> Result<(ValueId, Bound), u32> {
        match self.pick(3) {
            1 if room.computed && room.len.is_power_of_two() => Ok((self.value(Type::Int), Bound::Wrap)),
            2 if room.computed => Ok((self.value(Type::Int), Bound::Clamp)),
            _ => Err(self.pick(room.len as usize) as u32),
        }
    }

    fn load(&mut self) {
        let index = self.pick(self.memories.len());
        let room = self.memories[index];
        // Memory of integers may be read as anything.
        let ty = if room.ty == Type::Int { TYPES[self.pick(3)] } else { room.ty };
        let value = match self.place(room) {
            Ok((index, bound)) => self.builder.load_at(ty, room.id, index, bound),
            Err(at) => self.builder.load(ty, room.id, at),
        };
        self.push(value);
    }

    fn store(&mut self) {
        let index = self.pick(self.memories.len());
        let room = self.memories[index];
        if room.table {
            return;
        }
        let ty = if room.ty == Type::Int { TYPES[self.pick(3)] } else { room.ty };
        let mut value = self.value(ty);
        if ty == Type::Real && room.ty == Type::Int {
            value = self.plain(value);
        }
        match self.place(room) {
            Ok((index, bound)) => self.builder.store_at(room.id, index, bound, value),
            Err(at) => self.builder.store(room.id, at, value),
        }
    }

    /// Steps whose values end with them, and what they give for some types.
    fn inner(&mut self, steps: usize, depth: usize, given: &[Type]) -> Vec<ValueId> {
        let before = self.pools.each_ref().map(Vec::len);
        for _ in 0..steps {
            self.step(depth + 1);
        }
        let values = given.iter().map(|&ty| self.value(ty)).collect();
        self.forget(before);
        values
    }

    fn forget(&mut self, before: [usize; 3]) {
        for (pool, len) in self.pools.iter_mut().zip(before) {
            pool.truncate(len);
        }
    }

    fn types(&mut self) -> Vec<Type> {
        (0..self.pick(4)).map(|_| TYPES[self.pick(3)]).collect()
    }

    fn branch(&mut self, depth: usize) {
        let condition = self.value(Type::Bool);
        let types = self.types();
        let (yes, no) = (self.builder.block(&[]).0, self.builder.block(&[]).0);
        let (join, parameters) = self.builder.block(&types);
        self.builder.end(End::Branch(condition, (yes, Vec::new()), (no, Vec::new())));
        let early = self.pick(8) == 1;
        for block in [yes, no] {
            self.builder.enter(block);
            let steps = self.pick(6);
            let before = self.pools.each_ref().map(Vec::len);
            let given = self.inner(steps, depth, &types);
            if early && block == yes {
                let values = self.returned();
                self.builder.end(End::Return(values));
            } else {
                self.builder.end(End::Jump(join, given));
            }
            self.forget(before);
        }
        self.go_on(join, parameters);
    }

    fn go_on(&mut self, block: BlockId, parameters: Vec<ValueId>) {
        self.builder.enter(block);
        parameters.into_iter().for_each(|parameter| self.push(parameter));
    }

    /// A loop with a counter; what is carried may change places.
    fn turns(&mut self, depth: usize) {
        let carried = self.types();
        let first = carried.iter().map(|&ty| self.value(ty)).collect::<Vec<_>>();
        let int = |builder: &Builder, value: i64| builder.literal(Type::Int, value as u64);
        let (zero, rounds) = (int(&self.builder, 0), self.pick(5) as i64);
        let types = [&[Type::Int], carried.as_slice()].concat();
        let (head, parameters) = self.builder.block(&types);
        let (body, after) = (self.builder.block(&[]).0, self.builder.block(&[]).0);
        self.builder.end(End::Jump(head, [vec![zero], first].concat()));
        let before = self.pools.each_ref().map(Vec::len);
        self.go_on(head, parameters.clone());
        let rounds = int(&self.builder, rounds);
        let more = self.builder.binary(Binary::IntLt, parameters[0], rounds);
        self.builder.end(End::Branch(more, (body, Vec::new()), (after, Vec::new())));
        self.builder.enter(body);
        let steps = self.pick(6);
        let given = self.inner(steps, depth, &carried);
        let one = int(&self.builder, 1);
        let next = self.builder.binary(Binary::IntAdd, parameters[0], one);
        self.builder.end(End::Jump(head, [vec![next], given].concat()));
        // The head dominates what follows, so its parameters stay.
        self.forget(before);
        self.go_on(after, parameters);
    }
}
