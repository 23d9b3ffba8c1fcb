//! The path of a question and nothing else, so often as asked: `hot_path N`. What two runs of different N differ by
//! under a counting tool is what a question costs, without the start.
#![allow(clippy::expect_used)]

#[path = "../benches/shop/mod.rs"]
mod shop;

use router_core::route::ask;
use router_core::semantic::Lexicon;

fn main() {
    let rounds: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).expect("hot_path N");
    let (model, context) = (shop::model(), shop::context());
    let lexicon = Lexicon::build(&model);
    let mut answered = 0;
    for _ in 0..rounds {
        for question in shop::QUESTIONS {
            answered += usize::from(ask(question, &model, &lexicon, &context).is_ok_and(|a| a.sql.is_some()));
        }
    }
    println!("{answered} of {} answered", rounds * shop::QUESTIONS.len());
}
