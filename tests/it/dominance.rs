//! Dominators of random graphs, against the definition: a block dominates another if removing it cuts the other off.

use aither::ir::dominance::Dominance;
use aither::ir::{Block, BlockId, End, Program, ValueId};
use proptest::collection::vec;
use proptest::prelude::*;

/// Blocks without values; each goes to none, one or two others.
fn graph(ways: &[(usize, usize, usize)]) -> Program {
    let to = |target: usize| (BlockId::new(target % ways.len()), Vec::new());
    let end = |&(kind, first, second): &(usize, usize, usize)| match kind {
        0 => End::Return(Vec::new()),
        1 => End::Jump(to(first).0, Vec::new()),
        _ => End::Branch(ValueId::new(0), to(first), to(second)),
    };
    let blocks = ways.iter().map(|way| Block { end: Some(end(way)), ..Block::default() });
    Program { blocks: blocks.collect(), ..Program::default() }
}

/// Which blocks are reached when one is removed.
fn reached(program: &Program, removed: Option<usize>) -> Vec<bool> {
    let mut seen = vec![false; program.blocks.len()];
    let mut open = vec![0];
    while let Some(block) = open.pop() {
        if Some(block) != removed && !std::mem::replace(&mut seen[block], true) {
            open.extend(program.blocks[block].end.iter().flat_map(End::ways).map(|(to, _)| to.index()));
        }
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dominators_are_what_the_definition_says(ways in vec((0usize..4, 0usize..64, 0usize..64), 1..16)) {
        let program = graph(&ways);
        let dominance = Dominance::new(&program);
        let all = reached(&program, None);
        let count = all.iter().filter(|reached| **reached).count();
        prop_assert_eq!(dominance.order().len(), count);
        for above in (0..ways.len()).filter(|&block| all[block]) {
            let without = reached(&program, Some(above));
            for below in (0..ways.len()).filter(|&block| all[block]) {
                let found = dominance.dominates(BlockId::new(above), BlockId::new(below));
                prop_assert_eq!(found, !without[below], "{} over {}\n{}", above, below, program);
                let place = |block: usize| dominance.order().iter().position(|id| id.index() == block);
                prop_assert!(!found || place(above) <= place(below), "{} stands after {}", above, below);
            }
        }
        prop_assert!((0..ways.len()).all(|block| dominance.reaches(BlockId::new(block)) == all[block]));
    }
}
