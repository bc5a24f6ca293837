//! What a program under construction claims: memories, helpers with state, faults. It lays out nothing.

use super::{
    Bound, Builder, FaultId, FaultSite, Instance, InstanceId, Line, Memory, MemoryId, Op, Owner, Place, Source,
    Structure, Type, ValueId, eval,
};

impl Builder {
    // Memory.

    /// Declares a memory.
    pub fn memory(&self, owner: Owner, len: u32) -> MemoryId {
        let mut program = self.program.borrow_mut();
        program.memories.push(Memory { owner, len });
        MemoryId::new(program.memories.len() - 1)
    }

    /// The signal's sandbox: one memory, however often it is asked for.
    pub fn sandbox(&self, slots: u32) -> MemoryId {
        let known = self.index.borrow().sandbox;
        known.unwrap_or_else(|| {
            let memory = self.memory(Owner::Sandbox, slots);
            self.index.borrow_mut().sandbox = Some(memory);
            memory
        })
    }

    /// Declares a table of numbers that are only read.
    pub fn table(&self, numbers: &[f64]) -> MemoryId {
        let number = {
            let mut program = self.program.borrow_mut();
            let bits = numbers.iter().map(|number| eval::written(Type::Real, number.to_bits()));
            program.tables.push(bits.map(f64::from_bits).collect());
            program.tables.len() as u32 - 1
        };
        self.memory(Owner::Table(number), numbers.len() as u32)
    }

    /// Reads a slot at a fixed place.
    pub fn load(&self, ty: Type, memory: MemoryId, at: u32) -> ValueId {
        self.push(Op::Load(memory, at), Some(ty))
    }

    /// Reads a slot at a computed place.
    pub fn load_at(&self, ty: Type, memory: MemoryId, index: ValueId, bound: Bound) -> ValueId {
        self.push(Op::LoadAt(memory, index, bound), Some(ty))
    }

    /// Writes a slot at a fixed place.
    pub fn store(&self, memory: MemoryId, at: u32, value: ValueId) {
        self.push(Op::Store(memory, at, value), None);
    }

    /// Writes a slot at a computed place.
    pub fn store_at(&self, memory: MemoryId, index: ValueId, bound: Bound, value: ValueId) {
        self.push(Op::StoreAt(memory, index, bound, value), None);
    }

    // Instances and faults.

    /// Declares a helper with state; its memories grow as it claims them.
    pub fn instance(&self, helper: &'static str, channels: u32, place: Place) -> InstanceId {
        let mut program = self.program.borrow_mut();
        let instance = Instance {
            helper,
            label: None,
            channels,
            cells: 0,
            lines: Vec::new(),
            phases: Vec::new(),
            room: false,
            seeds: 0,
            structure: Structure::default(),
            place,
        };
        program.instances.push(instance);
        InstanceId::new(program.instances.len() - 1)
    }

    /// Takes back the newest instance when it turned out to have no state; says whether it stays.
    pub fn has_state(&self, instance: InstanceId) -> bool {
        let mut program = self.program.borrow_mut();
        let Some(last) = program.instances.last() else { return false };
        let stateless = last.cells == 0 && last.lines.is_empty() && last.seeds == 0;
        if stateless && program.instances.len() == instance.index() + 1 {
            program.instances.pop();
            return false;
        }
        true
    }

    /// Claims one slot of small state for an instance.
    pub fn claim_cell(&self, instance: InstanceId) -> (MemoryId, u32) {
        let mut program = self.program.borrow_mut();
        let mut index = self.index.borrow_mut();
        let memory = *index.cells.entry(instance).or_insert_with(|| {
            program.memories.push(Memory { owner: Owner::Cells(instance), len: 0 });
            MemoryId::new(program.memories.len() - 1)
        });
        let slot = program.memories[memory.index()].len;
        program.memories[memory.index()].len += 1;
        program.instances[instance.index()].cells += 1;
        (memory, slot)
    }

    /// Claims exactly `slots` slots for an instance, to be read and written at computed places: small state where it is
    /// `small`, else a long memory.
    pub fn claim_room(&self, instance: InstanceId, slots: u32, small: bool) -> MemoryId {
        let owner = {
            let claimant = &mut self.program.borrow_mut().instances[instance.index()];
            claimant.room = true;
            if small {
                claimant.cells += slots;
                Owner::Cells(instance)
            } else {
                claimant.lines.push(Line { slots, reach: slots, head: None });
                Owner::Line(instance, claimant.lines.len() as u32 - 1)
            }
        };
        self.memory(owner, slots)
    }

    /// Claims a number that differs between instances and stays the same from run to run, as Int.
    pub fn claim_seed(&self, instance: InstanceId) -> ValueId {
        let number = {
            let seeds = &mut self.program.borrow_mut().instances[instance.index()].seeds;
            *seeds += 1;
            *seeds - 1
        };
        self.constant(Type::Int, Source::Seed(instance, number))
    }

    /// Notes that a cell of an instance is a channel's phase.
    pub fn phase(&self, instance: InstanceId, cell: u32) {
        self.program.borrow_mut().instances[instance.index()].phases.push(cell);
    }

    /// Claims a ring of at least `slots` slots for an instance, which counts in its cell `head` what it writes there and
    /// looks at most `reach` frames back. The length becomes a power of two.
    pub fn claim_line(&self, instance: InstanceId, slots: u32, reach: u32, head: u32) -> MemoryId {
        let len = slots.max(1).next_power_of_two();
        let number = {
            let mut program = self.program.borrow_mut();
            let lines = &mut program.instances[instance.index()].lines;
            lines.push(Line { slots: len, reach, head: Some(head) });
            lines.len() as u32 - 1
        };
        self.memory(Owner::Line(instance, number), len)
    }

    /// Declares something that can go wrong while the signal sounds.
    pub fn fault_site(&self, place: Place, message: String) -> FaultId {
        let mut program = self.program.borrow_mut();
        let site = FaultSite { place, message };
        let known = program.faults.iter().position(|other| *other == site);
        FaultId::new(known.unwrap_or_else(|| {
            program.faults.push(site);
            program.faults.len() - 1
        }))
    }

    /// Counts an occurrence where the block that grows runs.
    pub fn fault(&self, fault: FaultId) {
        self.push(Op::Fault(fault), None);
    }
}
