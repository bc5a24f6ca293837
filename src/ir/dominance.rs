//! Which block runs before which: reverse postorder and dominators. It looks at the ends of blocks and at nothing else.
//!
//! Dominators by Semi-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", 2005),
//! without recursion: a program may have tens of thousands of blocks in a row.

use super::{BlockId, Program};

const NONE: u32 = u32::MAX;

/// Order and dominators of the blocks that a frame can reach.
pub struct Dominance {
    /// Reachable blocks, each after its immediate dominator.
    order: Vec<BlockId>,
    /// When the walk down the tree of dominators enters and leaves a block; `NONE` where a frame cannot go.
    enter: Vec<u32>,
    leave: Vec<u32>,
}

impl Dominance {
    /// Analyses a program. Ways to blocks that do not exist are ignored.
    pub fn new(program: &Program) -> Dominance {
        let walk = Walk::new(program);
        let parents = walk.dominators(program);
        let (enter, leave) = numbering(&walk, &parents);
        Dominance { order: walk.reverse_postorder, enter, leave }
    }

    /// The blocks that a frame can reach, in reverse postorder: the first block first, a block after all that dominate it.
    pub fn order(&self) -> &[BlockId] {
        &self.order
    }

    /// Whether a frame can reach a block.
    pub fn reaches(&self, block: BlockId) -> bool {
        self.enter[block.index()] != NONE
    }

    /// Whether every way to `below` leads through `above`; a block dominates itself. Both must be reachable.
    pub fn dominates(&self, above: BlockId, below: BlockId) -> bool {
        let (above, below) = (above.index(), below.index());
        self.enter[above] <= self.enter[below] && self.leave[below] <= self.leave[above]
    }
}

/// One depth-first walk.
struct Walk {
    /// Blocks in the order of first visit.
    preorder: Vec<BlockId>,
    /// Place of each block in `preorder`.
    number: Vec<u32>,
    /// Parent in the walk's tree, by place.
    parent: Vec<u32>,
    reverse_postorder: Vec<BlockId>,
}

impl Walk {
    fn new(program: &Program) -> Walk {
        let blocks = program.blocks.len();
        let mut walk = Walk {
            preorder: Vec::new(),
            number: vec![NONE; blocks],
            parent: Vec::new(),
            reverse_postorder: Vec::new(),
        };
        if blocks == 0 {
            return walk;
        }
        let mut open = Vec::new();
        walk.visit(BlockId::new(0), NONE, &mut open);
        while let Some((block, next)) = open.last_mut() {
            let block = *block;
            let way = program.blocks[block.index()].end.as_ref().and_then(|end| end.ways().nth(*next));
            *next += 1;
            match way {
                Some((to, _)) if to.index() < blocks && walk.number[to.index()] == NONE => {
                    let parent = walk.number[block.index()];
                    walk.visit(to, parent, &mut open);
                }
                Some(_) => {}
                None => {
                    walk.reverse_postorder.push(block);
                    open.pop();
                }
            }
        }
        walk.reverse_postorder.reverse();
        walk
    }

    fn visit(&mut self, block: BlockId, parent: u32, open: &mut Vec<(BlockId, usize)>) {
        self.number[block.index()] = self.preorder.len() as u32;
        self.preorder.push(block);
        self.parent.push(parent);
        open.push((block, 0));
    }

    /// Places from which each place is reached.
    fn predecessors(&self, program: &Program) -> Vec<Vec<u32>> {
        let mut into = vec![Vec::new(); self.preorder.len()];
        for (place, block) in self.preorder.iter().enumerate() {
            for (to, _) in program.blocks[block.index()].end.iter().flat_map(|end| end.ways()) {
                if let Some(&number) = self.number.get(to.index()) {
                    into[number as usize].push(place as u32);
                }
            }
        }
        into
    }

    /// The immediate dominator of each place.
    fn dominators(&self, program: &Program) -> Vec<u32> {
        let into = self.predecessors(program);
        let count = self.preorder.len();
        let mut forest = Forest::new(count);
        for place in (1..count).rev() {
            let semi = into[place].iter().map(|&from| forest.least(from)).min();
            forest.semi[place] = semi.unwrap_or(0).min(self.parent[place]);
            forest.link(place, self.parent[place]);
        }
        let mut dominator = self.parent.clone();
        for place in 1..count {
            let mut up = dominator[place];
            while up > forest.semi[place] {
                up = dominator[up as usize];
            }
            dominator[place] = up;
        }
        dominator
    }
}

/// The part of the walk's tree that is done, with shortened paths.
struct Forest {
    semi: Vec<u32>,
    label: Vec<u32>,
    ancestor: Vec<u32>,
    path: Vec<u32>,
}

impl Forest {
    fn new(count: usize) -> Forest {
        let own = (0..count as u32).collect::<Vec<_>>();
        Forest { semi: own.clone(), label: own, ancestor: vec![NONE; count], path: Vec::new() }
    }

    fn link(&mut self, place: usize, parent: u32) {
        self.ancestor[place] = parent;
        self.label[place] = self.semi[place];
    }

    /// The least semidominator on the way from a place up to what is not linked yet.
    fn least(&mut self, place: u32) -> u32 {
        // Upwards while linked, then back down, hanging each place below the top one.
        let mut top = place;
        while self.ancestor[top as usize] != NONE {
            self.path.push(top);
            top = self.ancestor[top as usize];
        }
        let mut above = NONE;
        while let Some(below) = self.path.pop() {
            let below = below as usize;
            self.label[below] = self.label[below].min(above);
            self.ancestor[below] = top;
            above = self.label[below];
        }
        self.label[place as usize]
    }
}

/// Numbers the tree of dominators, so that an ancestor's interval encloses its descendants'.
fn numbering(walk: &Walk, dominator: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let count = walk.preorder.len();
    // Sizes of subtrees upwards, then intervals downwards: a dominator comes earlier in preorder.
    let mut size = vec![1u32; count];
    for place in (1..count).rev() {
        size[dominator[place] as usize] += size[place];
    }
    let mut next = vec![1u32; count];
    let mut first = vec![0u32; count];
    for place in 1..count {
        let up = dominator[place] as usize;
        first[place] = next[up];
        next[up] += size[place];
        next[place] = first[place] + 1;
    }
    let mut enter = vec![NONE; walk.number.len()];
    let mut leave = vec![NONE; walk.number.len()];
    for (place, block) in walk.preorder.iter().enumerate() {
        enter[block.index()] = first[place];
        leave[block.index()] = first[place] + size[place];
    }
    (enter, leave)
}
