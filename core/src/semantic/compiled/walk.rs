//! Walking an automaton piece by piece: one pass from a word serves every phrase that begins there.

use fst::raw::{CompiledAddr, Fst, Output};

/// A place in an automaton.
#[derive(Clone)]
pub(super) struct Walk<'a> {
    fst: Fst<&'a [u8]>,
    at: CompiledAddr,
    gone: Output,
}

impl<'a> Walk<'a> {
    /// At the beginning; `None` when nothing was compiled.
    pub fn start(bytes: &'a [u8]) -> Option<Self> {
        let fst = Fst::new(bytes).ok().filter(|f| !f.is_empty())?;
        let at = fst.root().addr();
        Some(Self { fst, at, gone: Output::zero() })
    }

    /// Goes on along `text`; false when nothing begins so.
    pub fn push(&mut self, text: &str) -> bool {
        for byte in text.bytes() {
            let node = self.fst.node(self.at);
            let Some(i) = node.find_input(byte) else { return false };
            let transition = node.transition(i);
            self.gone = self.gone.cat(transition.out);
            self.at = transition.addr;
        }
        true
    }

    /// The output, when a key ends here.
    pub fn output(&self) -> Option<u64> {
        let node = self.fst.node(self.at);
        node.is_final().then(|| self.gone.cat(node.final_output()).value())
    }
}
