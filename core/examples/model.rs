//! Makes a semantic model offline: `model < FACTS.json > MODEL.json`, with the roles that registration would infer.
//! The facts are what the catalogs hold of each relation; see `scripts/facts.py`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;

use router_core::semantic::{
    Column, ColumnFacts, Dataset, HarvestedValue, Layer, Relationship, SemanticModel, default_time_column,
    imply_relationships, infer,
};
use serde_json::Value;

fn main() {
    let facts: Value = serde_json::from_reader(std::io::stdin().lock()).unwrap();
    let mut model = SemanticModel { version: 1, ..SemanticModel::default() };
    let mut index = HashMap::new();
    for r in facts["relations"].as_array().unwrap() {
        let options = &r["options"];
        let columns: Vec<(ColumnFacts, Column)> =
            r["columns"].as_array().unwrap().iter().map(|c| column(c, options)).collect();
        let facts: Vec<ColumnFacts> = columns.iter().map(|(f, _)| f.clone()).collect();
        let chosen = options["time_column"].as_str().and_then(|n| facts.iter().position(|f| f.name == n));
        index.insert(r["oid"].as_u64().unwrap(), model.datasets.len());
        model.datasets.push(Dataset {
            schema: text(&r["schema"]),
            name: text(&r["name"]),
            oid: r["oid"].as_u64().unwrap() as u32,
            layer: serde_json::from_value(options["layer"].clone()).unwrap_or(Layer::Silver),
            label: options["label"].as_str().map(str::to_owned),
            comment: r["comment"].as_str().map(str::to_owned),
            aliases: Vec::new(),
            time_column: chosen.or_else(|| default_time_column(&facts)),
            primary_key: facts.iter().enumerate().filter(|(_, f)| f.in_primary_key).map(|(i, _)| i).collect(),
            rows: r["rows"].as_f64().unwrap_or_default() as u64,
            columns: columns.into_iter().map(|(_, c)| c).collect(),
        });
    }
    for f in facts["fks"].as_array().unwrap() {
        let side = |oid: &str, names: &str| -> Option<(usize, Vec<usize>)> {
            let oid = f[oid].as_u64().or_else(|| f[oid].as_str()?.parse().ok())?;
            let k = *index.get(&oid)?;
            let list = f[names].as_array()?.iter().map(|n| model.datasets[k].column_index(n.as_str()?));
            Some((k, list.collect::<Option<_>>()?))
        };
        if let (Some((from, from_columns)), Some((to, to_columns))) =
            (side("from_oid", "from_cols"), side("to_oid", "to_cols"))
        {
            model.relationships.push(Relationship { from, from_columns, to, to_columns });
        }
    }
    imply_relationships(&mut model);
    println!("{}", serde_json::to_string(&model).unwrap());
}

fn text(v: &Value) -> String {
    v.as_str().unwrap_or_default().to_owned()
}

fn column(c: &Value, options: &Value) -> (ColumnFacts, Column) {
    let name = text(&c["name"]);
    let flag = |k: &str| c[k].as_bool().unwrap_or(false);
    let facts = ColumnFacts {
        name: name.clone(),
        value_type: serde_json::from_value(c["value_type"].clone()).unwrap(),
        nullable: flag("nullable"),
        unique: flag("is_unique"),
        in_primary_key: flag("in_pk"),
        in_foreign_key: flag("in_fk"),
        seen_unique: flag("seen_unique"),
    };
    let (role, default_agg) = infer(&facts);
    let words = |v: &Value| -> Vec<String> { v.as_array().into_iter().flatten().map(text).collect() };
    let other_names = &options["value_synonyms"][&name];
    let values = words(&c["values"])
        .into_iter()
        .map(|stored| HarvestedValue { aliases: words(&other_names[&stored]), stored })
        .collect();
    let column = Column {
        sql_type: text(&c["sql_type"]),
        value_type: facts.value_type,
        role,
        default_agg,
        aliases: words(&options["synonyms"][&name]),
        comment: c["comment"].as_str().map(str::to_owned),
        nullable: facts.nullable,
        unique: facts.unique,
        values,
        harvested_all: true,
        name,
    };
    (facts, column)
}
