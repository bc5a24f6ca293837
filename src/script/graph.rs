//! What a script's calls build: nodes of signal expressions in one list, arguments before their users. It computes nothing.

use std::cell::OnceCell;

use rhai::{Array, Dynamic, FnPtr, Map};

use crate::dsp::math::Math;
use crate::helpers::Helper;
use crate::ir::Place;

/// A signal in a script: the name of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(u32);

impl Signal {
    /// Index of the node in [`Graph::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A block of slots that a script asked for with `memory`: the name of one of [`Graph`]'s memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Memory(u32);

/// What is known of a block of slots.
#[derive(Debug)]
pub struct Reserved {
    /// How many f64.
    pub slots: u32,
    /// The name that the script gave it.
    pub label: Option<String>,
    /// Where it was asked for.
    pub place: Place,
    /// The signal that uses it, and where that is registered; set by the first one.
    pub user: OnceCell<(String, Place)>,
}

/// All nodes of one evaluation. Flat, so that an expression of any depth is built, walked and dropped without recursion.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    memories: Vec<Reserved>,
    /// See [`Graph::weight`].
    weight: usize,
}

/// One call in a signal expression.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it does.
    pub what: What,
    /// Where the call is written.
    pub place: Place,
    /// The name that the script gave it.
    pub label: Option<String>,
}

/// What a node does.
#[derive(Clone, Debug)]
pub enum What {
    /// A helper, with what was given for its arguments.
    Helper(&'static Helper, Vec<Operand>),
    /// A mathematical function, per channel.
    Math(Math, Vec<Operand>),
    /// An operator, per channel.
    Operator(Operator, [Operand; 2]),
    /// The sign flipped, per channel.
    Negate(Operand),
    /// The plain sum, channel by channel; mono goes to all.
    Mix(Vec<Operand>),
    /// All channels added up.
    Sum(Operand),
    /// A function of one signal, as `pipe` applies it.
    Apply(Closure, Operand),
}

/// What is given for an argument.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A number that is known.
    Number(f64),
    /// Another node.
    Signal(Signal),
    /// A function of the state of the world.
    Closure(Closure),
    /// One operand per channel, or numbers of a table.
    Channels(Vec<Operand>),
    /// A word, where a helper takes one.
    Word(String),
}

/// A function that the script wrote, with what it captured when it was handed over.
#[derive(Clone, Debug)]
pub struct Closure {
    /// Rhai's pointer; its captures are copies, not shared cells.
    pub pointer: FnPtr,
    /// Where it was handed over.
    pub place: Place,
}

/// Operators on signals. All give floats; comparisons give 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`, always a float.
    Div,
    /// `%`, with the sign of the dividend.
    Rem,
    /// `**`
    Pow,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `==`
    Eq,
    /// `!=`
    Ne,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Operator; 12] = [
        Operator::Add,
        Operator::Sub,
        Operator::Mul,
        Operator::Div,
        Operator::Rem,
        Operator::Pow,
        Operator::Lt,
        Operator::Le,
        Operator::Gt,
        Operator::Ge,
        Operator::Eq,
        Operator::Ne,
    ];

    /// How a script writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Sub => "-",
            Operator::Mul => "*",
            Operator::Div => "/",
            Operator::Rem => "%",
            Operator::Pow => "**",
            Operator::Lt => "<",
            Operator::Le => "<=",
            Operator::Gt => ">",
            Operator::Ge => ">=",
            Operator::Eq => "==",
            Operator::Ne => "!=",
        }
    }
}

impl Graph {
    /// Adds a node whose operands are in the graph already.
    pub fn add(&mut self, what: What, place: Place) -> Signal {
        let signal = Signal(u32::try_from(self.nodes.len()).expect("the operation limit keeps graphs far smaller"));
        self.weight += what.weight();
        self.nodes.push(Node { what, place, label: None });
        signal
    }

    /// Adds a block of slots.
    pub fn reserve(&mut self, slots: u32, place: Place) -> Memory {
        let memory = Memory(u32::try_from(self.memories.len()).expect("the operation limit keeps graphs far smaller"));
        self.weight += 1;
        self.memories.push(Reserved { slots, label: None, place, user: OnceCell::new() });
        memory
    }

    /// Keeps in mind that an operand is kept elsewhere.
    pub fn weigh(&mut self, operand: &Operand) {
        self.weight += operand.weight();
    }

    /// How many parts there are: nodes, what is given to them, and what closures have captured.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// Names a helper that has no name yet. Gives its name, or `None` where it is no helper.
    pub fn label(&mut self, signal: Signal, label: &str) -> Option<String> {
        let node = &mut self.nodes[signal.index()];
        matches!(node.what, What::Helper(..)).then(|| node.label.get_or_insert_with(|| label.to_owned()).clone())
    }

    /// Names a block of slots that has no name yet. Gives its name.
    pub fn label_memory(&mut self, memory: Memory, label: &str) -> String {
        self.memories[memory.0 as usize].label.get_or_insert_with(|| label.to_owned()).clone()
    }

    /// What is known of a block of slots.
    pub fn memory(&self, memory: Memory) -> &Reserved {
        &self.memories[memory.0 as usize]
    }

    /// The node of a signal.
    pub fn node(&self, signal: Signal) -> &Node {
        &self.nodes[signal.index()]
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

impl What {
    fn weight(&self) -> usize {
        let of = |operands: &[Operand]| operands.iter().map(Operand::weight).sum::<usize>();
        1 + match self {
            What::Helper(_, operands) | What::Math(_, operands) | What::Mix(operands) => of(operands),
            What::Operator(_, operands) => of(operands),
            What::Negate(operand) | What::Sum(operand) => operand.weight(),
            What::Apply(closure, operand) => closure.weight() + operand.weight(),
        }
    }
}

impl Operand {
    fn weight(&self) -> usize {
        1 + match self {
            Operand::Word(_) | Operand::Number(_) | Operand::Signal(_) => 0,
            Operand::Closure(closure) => closure.weight(),
            Operand::Channels(channels) => channels.iter().map(Operand::weight).sum(),
        }
    }
}

impl Closure {
    fn weight(&self) -> usize {
        self.pointer.iter_curry().map(parts).sum()
    }
}

/// How many values a value holds.
fn parts(value: &Dynamic) -> usize {
    let array = value.read_lock::<Array>().map(|array| array.iter().map(parts).sum());
    let map = || value.read_lock::<Map>().map(|map| map.values().map(parts).sum());
    let pointer = || value.read_lock::<FnPtr>().map(|pointer| pointer.iter_curry().map(parts).sum());
    1 + array.or_else(map).or_else(pointer).unwrap_or(0_usize)
}
