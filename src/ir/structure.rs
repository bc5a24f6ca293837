//! What an instance is known by when its program is edited: its own arguments, what feeds it, and the way from it to the output. It compares nothing.
//!
//! All is read off the program: values from the first to the last give what feeds a helper, from the last to the first
//! where it leads. So names, functions, loops and files of the script leave no trace, nor do addresses or time.

use super::hash::{mix, text};
use super::local::Local;
use super::users::Users;
use super::{Binary, Builder, End, InstanceId, MemoryId, Op, Owner, Program, Source, ValueId, Whom};

/// Hashes by which an instance is found again. Equal ones mean equal structure; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Structure {
    /// The kind and the arguments that are numbers.
    pub own: u64,
    /// The whole sub-expression, numbers included.
    pub exact: u64,
    /// The sub-expression without its numbers.
    pub form: u64,
    /// The sub-expressions of the arguments that are no numbers; 0 where all are.
    pub fed: u64,
    /// The arguments, without the kind and without arrays of numbers.
    pub arguments: u64,
    /// The first argument with and without its numbers, without the kind; 0 where there is none.
    pub first: Numbered,
    /// The next helpers with state that use it, with and without their numbers.
    pub near: Numbered,
    /// All helpers with state on the way to the output, with and without their numbers.
    pub way: Numbered,
    /// Everything on the way to the output, arithmetic too, but for sums.
    pub path: u64,
}

/// One hash with numbers, one without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Numbered {
    /// Numbers included.
    pub exact: u64,
    /// Numbers left out.
    pub form: u64,
}

/// A call that made an instance with state.
#[derive(Clone, Debug)]
pub struct Call {
    /// The instance.
    pub instance: InstanceId,
    /// The number of the first value of its kernel.
    pub first: usize,
    /// Its arguments, channel by channel, without those that are arrays of numbers.
    pub arguments: Vec<Vec<ValueId>>,
    /// The arguments that are arrays of numbers.
    pub numbers: Vec<Vec<f64>>,
    /// What it gives, channel by channel.
    pub outputs: Vec<ValueId>,
}

/// A call as it is kept: with the end of its kernel.
#[derive(Clone, Debug)]
pub(super) struct Made {
    call: Call,
    end: usize,
}

const NUMBER: u64 = 1;
pub(super) const SIGNAL: u64 = 2;
const OUTPUT: u64 = 3;
const CHOICE: u64 = 4;
const STATE: u64 = 5;
const KEPT: u64 = 6;
const MEETING: u64 = 7;
const FIRST_OP: u64 = 16;

impl Builder {
    /// How many values there are: the number of the next one.
    pub fn values(&self) -> usize {
        self.program.borrow().insts.len()
    }

    /// Notes the call that made an instance, right after its kernel.
    pub fn called(&self, call: Call) {
        let end = self.values();
        self.index.borrow_mut().calls.push(Made { call, end });
    }

    /// Notes that a value comes from a helper: from this instance, or from one without state.
    pub fn gives(&self, value: ValueId, instance: Option<InstanceId>) {
        self.index.borrow_mut().givers.insert(value, instance);
    }

    /// The helper that a value comes from, if it is one; it may have no state.
    pub fn giver(&self, value: ValueId) -> Option<Option<InstanceId>> {
        self.index.borrow().givers.get(&value).copied()
    }

    /// The instance whose memory it is.
    pub fn keeper(&self, memory: MemoryId) -> Option<InstanceId> {
        owner(&self.program.borrow(), memory)
    }

    /// Names an instance that has no name yet. Gives its name.
    pub fn name(&self, instance: InstanceId, label: &str) -> String {
        let known = &mut self.program.borrow_mut().instances[instance.index()].label;
        known.get_or_insert_with(|| label.to_owned()).clone()
    }

    /// Writes down what each instance of the finished program is known by.
    pub(super) fn know(&self) {
        let program = &mut *self.program.borrow_mut();
        let index = self.index.borrow();
        let structures = Reading::new(program, &index.calls).read();
        program.instances.iter_mut().zip(structures).for_each(|(instance, structure)| instance.structure = structure);
    }
}

fn owner(program: &Program, memory: MemoryId) -> Option<InstanceId> {
    match program.memories[memory.index()].owner {
        Owner::Cells(instance) | Owner::Line(instance, _) => Some(instance),
        _ => None,
    }
}

/// A program that is read.
struct Reading<'p> {
    program: &'p Program,
    calls: &'p [Made],
    /// For each value, what is given to it where it is a parameter.
    given: Vec<Vec<ValueId>>,
    /// For each value, the sub-expression that gives it.
    feeds: Vec<Numbered>,
    /// For each value, what it is to the block that it is computed for.
    locals: Vec<Local>,
    /// For each value, who uses it.
    users: Vec<Users>,
    known: Vec<Structure>,
}

impl<'p> Reading<'p> {
    fn new(program: &'p Program, calls: &'p [Made]) -> Reading<'p> {
        let values = program.insts.len();
        let mut given = vec![Vec::new(); values];
        for (to, arguments) in program.blocks.iter().flat_map(|block| &block.end).flat_map(End::ways) {
            let parameters = &program.blocks[to.index()].parameters;
            parameters.iter().zip(arguments).for_each(|(parameter, value)| given[parameter.index()].push(*value));
        }
        let own = |instance: &super::Instance| {
            let slots =
                u64::from(instance.cells) + instance.lines.iter().map(|line| u64::from(line.slots)).sum::<u64>();
            let (own, form) = (mix(&[text(instance.helper), slots]), text(instance.helper));
            Structure { own, exact: own, form, ..Structure::default() }
        };
        let known = program.instances.iter().map(own).collect();
        let (feeds, users) = (vec![Numbered::default(); values], vec![Users::default(); values]);
        let locals = vec![Local::default(); values];
        Reading { program, calls, given, feeds, locals, users, known }
    }

    fn read(mut self) -> Vec<Structure> {
        self.forward();
        self.backward();
        self.known
    }

    /// From the sources to the output: what feeds each helper.
    fn forward(&mut self) {
        let mut calls = self.calls.iter().peekable();
        let mut inside: Option<&Made> = None;
        let mut output = vec![false; self.program.insts.len()];
        for value in 0..self.program.insts.len() {
            while let Some(made) = calls.next_if(|made| made.call.first <= value) {
                self.enter(&made.call, &mut output);
                inside = Some(made);
            }
            if !output[value] {
                (self.feeds[value], self.locals[value]) = self.feed(value);
            }
            if inside.is_none_or(|made| value >= made.end) {
                self.keep(value);
            }
        }
    }

    /// What a call is, from its arguments; its outputs are known by it.
    fn enter(&mut self, call: &Call, output: &mut [bool]) {
        let helper = text(self.program.instances[call.instance.index()].helper);
        let (mut own, mut exact, mut form, mut fed) = (vec![helper], vec![helper], vec![helper], Vec::new());
        for (number, channels) in call.arguments.iter().enumerate() {
            let bits = channels.iter().map(|&channel| self.bits(channel));
            own.push(mix(&bits
                .clone()
                .map(|bits| bits.map_or(SIGNAL, |bits| mix(&[NUMBER, bits])))
                .collect::<Vec<_>>()));
            let whole = channels.iter().map(|channel| self.feeds[channel.index()].exact).collect::<Vec<_>>();
            if bits.clone().any(|bits| bits.is_none()) {
                fed.extend([number as u64, mix(&whole)]);
            }
            exact.push(mix(&whole));
            // A number may become one for each channel.
            form.push(channels.first().map_or(0, |channel| self.feeds[channel.index()].form));
        }
        let arguments = mix(&exact[1..]);
        let at = |hashes: &[u64]| hashes.get(1).copied().unwrap_or(0);
        let first = Numbered { exact: at(&exact), form: at(&form) };
        let numbers = call.numbers.iter().map(|list| mix(&list.iter().map(|n| n.to_bits()).collect::<Vec<_>>()));
        let numbers = mix(&numbers.collect::<Vec<_>>());
        own.push(numbers);
        exact.push(numbers);
        let known = &mut self.known[call.instance.index()];
        (known.own, known.exact, known.form) = (mix(&own), mix(&exact), mix(&form));
        (known.arguments, known.first) = (arguments, first);
        known.fed = if fed.is_empty() { 0 } else { mix(&fed) };
        for (channel, value) in call.outputs.iter().enumerate().filter(|(_, value)| value.index() >= call.first) {
            let exact = mix(&[known.exact, channel as u64]);
            self.feeds[value.index()] = Numbered { exact, form: mix(&[known.form, OUTPUT]) };
            self.locals[value.index()] = Local::signal(exact);
            output[value.index()] = true;
        }
    }

    /// The bits of a number.
    fn bits(&self, value: ValueId) -> Option<u64> {
        match self.program.inst(value).op {
            Op::Literal(bits) => Some(bits),
            Op::Constant(id) => match self.program.constants[id.index()].source {
                Source::Bits(bits) => Some(bits),
                Source::Seed(..) => None,
            },
            _ => None,
        }
    }

    fn feed(&self, value: usize) -> (Numbered, Local) {
        let id = ValueId::new(value);
        if let Some(bits) = self.bits(id) {
            let number = mix(&[NUMBER, bits]);
            return (Numbered { exact: number, form: NUMBER }, Local::number(number));
        }
        let op = self.program.insts[value].op;
        let operation = self.operation(op);
        let (mut exact, mut operands) = (vec![operation], Vec::new());
        let mut form = exact.clone();
        let block = match op {
            Op::Load(memory, _) | Op::LoadAt(memory, ..) => owner(self.program, memory),
            _ => None,
        };
        // What is read from a block is what was written to it before.
        if let Some(instance) = block {
            exact.push(self.known[instance.index()].exact);
            form.push(self.known[instance.index()].form);
        }
        // What comes round in a loop is not known yet, and counts as nothing.
        for operand in op.operands().chain(self.given[value].iter().copied()).filter(|from| from.index() < value) {
            exact.push(self.feeds[operand.index()].exact);
            form.push(self.feeds[operand.index()].form);
            operands.push((self.locals[operand.index()], self.feeds[operand.index()].exact));
        }
        let exact = mix(&exact);
        (Numbered { exact, form: mix(&form) }, Local::of(operation, block, &operands, exact))
    }

    /// What an operation does, whatever it is done to.
    fn operation(&self, op: Op) -> u64 {
        match op {
            Op::Parameter => mix(&[FIRST_OP, MEETING]),
            Op::Unary(op, _) => mix(&[FIRST_OP, 1, op as u64]),
            Op::Binary(op, ..) => mix(&[FIRST_OP, 2, op as u64]),
            Op::Fma(..) => mix(&[FIRST_OP, 3]),
            Op::Select(..) => mix(&[FIRST_OP, CHOICE]),
            Op::Frame => mix(&[FIRST_OP, 5]),
            Op::Position(axis) => mix(&[FIRST_OP, 6, u64::from(axis)]),
            Op::Beat(ago) => mix(&[FIRST_OP, 7, u64::from(ago)]),
            Op::Tempo => mix(&[FIRST_OP, 8]),
            Op::Load(memory, at) => mix(&[FIRST_OP, STATE, self.memory(memory), u64::from(at)]),
            Op::LoadAt(memory, ..) => mix(&[FIRST_OP, KEPT, self.memory(memory)]),
            Op::Literal(_) | Op::Constant(_) | Op::Store(..) | Op::StoreAt(..) | Op::Fault(_) => mix(&[FIRST_OP]),
        }
    }

    fn memory(&self, memory: MemoryId) -> u64 {
        match self.program.memories[memory.index()].owner {
            Owner::Sandbox => 1,
            Owner::Scratch | Owner::Feed => 2,
            Owner::Table(_) => 3,
            Owner::Heard(number, channel) => {
                let name = match &self.program.heard[number as usize].whom {
                    Whom::Signal(name) => text(name),
                    Whom::Mix => 4,
                };
                mix(&[name, u64::from(channel)])
            }
            Owner::Cells(instance) | Owner::Line(instance, _) => text(self.program.instances[instance.index()].helper),
        }
    }

    /// Blocks of slots that the script writes itself are known by what it writes, too.
    fn keep(&mut self, value: usize) {
        let (Op::Store(memory, _, stored) | Op::StoreAt(memory, _, _, stored)) = self.program.insts[value].op else {
            return;
        };
        let Some(instance) = owner(self.program, memory) else { return };
        let feed = self.feeds[stored.index()];
        let local = self.locals[stored.index()].stored(instance, feed.exact);
        let known = &mut self.known[instance.index()];
        known.own = known.own.wrapping_add(mix(&[KEPT, local.own]));
        known.exact = known.exact.wrapping_add(mix(&[KEPT, feed.exact]));
        known.form = known.form.wrapping_add(mix(&[KEPT, feed.form]));
        known.fed = known.fed.wrapping_add(local.fed);
    }

    /// From the output to the sources: where each helper leads.
    fn backward(&mut self) {
        for end in self.program.blocks.iter().flat_map(|block| &block.end) {
            let (values, hash) = match end {
                End::Return(values) => (values.clone(), OUTPUT),
                End::Branch(condition, ..) => (vec![*condition], CHOICE),
                End::Jump(..) => continue,
            };
            values.iter().for_each(|value| self.users[value.index()].add(Users::all(hash)));
        }
        let mut calls = self.calls.iter().rev().peekable();
        for value in (0..self.program.insts.len()).rev() {
            let within = calls.peek().is_some_and(|made| value < made.end);
            if !within {
                self.pass_on(value);
            }
            while let Some(made) = calls.next_if(|made| value <= made.call.first) {
                self.leave(&made.call);
            }
        }
    }

    /// A value outside of kernels leads where its users lead.
    fn pass_on(&mut self, value: usize) {
        let op = self.program.insts[value].op;
        let users = match op {
            Op::Store(memory, ..) | Op::StoreAt(memory, ..) => self.writer(memory),
            _ => self.users[value],
        };
        if let Op::Load(memory, _) | Op::LoadAt(memory, ..) = op
            && let Some(instance) = owner(self.program, memory)
        {
            let known = &mut self.known[instance.index()];
            let mut all = Users { near: known.near, way: known.way, path: known.path };
            all.add(users);
            (known.near, known.way, known.path) = (all.near, all.way, all.path);
        }
        let numbers = op.operands().filter_map(|operand| self.bits(operand)).collect::<Vec<_>>();
        let users = match op {
            Op::Binary(Binary::Add, ..) if numbers.is_empty() => users,
            _ => users.behind(mix(&[self.operation(op), mix(&numbers)])),
        };
        op.operands().for_each(|operand| self.users[operand.index()].add(users));
        for given in std::mem::take(&mut self.given[value]) {
            self.users[given.index()].add(users);
        }
    }

    /// What a value leads to that is written to a memory: to the memory, and where what is read from it afterwards leads.
    fn writer(&self, memory: MemoryId) -> Users {
        let Some(instance) = owner(self.program, memory) else {
            return Users::all(mix(&[KEPT, self.memory(memory)]));
        };
        let known = &self.known[instance.index()];
        let near = Numbered { exact: mix(&[KEPT, known.own]), form: mix(&[KEPT, self.memory(memory)]) };
        let way = Numbered { exact: mix(&[near.exact, known.way.exact]), form: mix(&[near.form, known.way.form]) };
        Users { near, way, path: mix(&[near.exact, known.path]) }
    }

    /// The users of a call's first channel are those of its instance; its arguments lead to it.
    fn leave(&mut self, call: &Call) {
        let users = call.outputs.first().map_or_else(Users::default, |value| self.users[value.index()]);
        let helper = text(self.program.instances[call.instance.index()].helper);
        let known = &mut self.known[call.instance.index()];
        (known.near, known.way, known.path) = (users.near, users.way, users.path);
        let own = known.own;
        let feeds = |channels: &[ValueId]| -> Vec<u64> {
            channels.iter().map(|value| self.feeds[value.index()].exact).collect()
        };
        let whole = call.arguments.iter().map(|channels| mix(&feeds(channels)));
        let whole = whole.collect::<Vec<_>>();
        for (number, channels) in call.arguments.iter().enumerate() {
            let number = number as u64;
            let near = Numbered { exact: mix(&[own, number]), form: mix(&[helper, number]) };
            // What else its user is fed with tells it from one that is fed to an equal user.
            let others = whole.iter().enumerate().filter(|(other, _)| *other as u64 != number).map(|(_, hash)| *hash);
            let others = mix(&others.collect::<Vec<_>>());
            let exact = mix(&[near.exact, users.way.exact, others]);
            let way = Numbered { exact, form: mix(&[near.form, users.way.form]) };
            for (channel, value) in channels.iter().enumerate() {
                // Channels have a state each, so what was heard through one stays there.
                let path = mix(&[near.exact, users.path, others, channel as u64]);
                self.users[value.index()].add(Users { near, way, path });
            }
        }
    }
}
