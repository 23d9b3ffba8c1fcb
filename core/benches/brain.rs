//! The brain's parts, one figure each: `cargo bench -p router-core`.
#![allow(clippy::expect_used)]

mod shop;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use router_core::cache::{Meta, Slab};
use router_core::embed::Encoder;
use router_core::prompt::tokenize;
use router_core::route::ask;
use router_core::semantic::Lexicon;
use router_core::sql::syntax_guard;
use router_core::time;

fn questions(c: &mut Criterion) {
    let (model, context) = (shop::model(), shop::context());
    let lexicon = Lexicon::build(&model);
    for question in shop::QUESTIONS {
        c.bench_function(&format!("ask/{question}"), |b| {
            b.iter(|| ask(black_box(question), &model, &lexicon, &context));
        });
    }
    c.bench_function("compile the lexicon", |b| b.iter(|| Lexicon::build(black_box(&model))));
}

fn parts(c: &mut Criterion) {
    let context = shop::context();
    let tokens = tokenize(shop::QUESTIONS[0]);
    c.bench_function("read times", |b| b.iter(|| time::read(black_box(&tokens), &context.clock)));
    let encoder = Encoder::get();
    c.bench_function("embed", |b| b.iter(|| encoder.encode(black_box(shop::QUESTIONS[0]))));
    let sql = "SELECT brand AS x_axis, sum(sales) AS y_value FROM shop.line_items WHERE region = 'NCR' GROUP BY 1";
    c.bench_function("bounds of a statement", |b| b.iter(|| syntax_guard::check_bounds(black_box(sql))));
}

fn cache(c: &mut Criterion) {
    let mut arena = vec![0; 1 << 20];
    let mut slab = Slab::new(&mut arena).expect("large enough");
    let (key, value) = (vec![1u8; 160], vec![2u8; 2500]);
    let meta = |i: u64| Meta { hash: i, layer: 0, database: 1, created: 0, expires: i64::MAX };
    for i in 0..300 {
        slab.put(&meta(i), &[&key[..], &i.to_le_bytes()].concat(), &value);
    }
    let wanted = [&key[..], &299u64.to_le_bytes()].concat();
    c.bench_function("cache: look up 2.5 kB", |b| b.iter(|| slab.get(black_box(299), &wanted, 1)));
    let mut i = 1000;
    c.bench_function("cache: store 2.5 kB, evicting", |b| {
        b.iter(|| {
            i += 1;
            slab.put(&meta(i), &[&key[..], &i.to_le_bytes()].concat(), &value)
        });
    });
}

criterion_group!(brain, questions, parts, cache);
criterion_main!(brain);
