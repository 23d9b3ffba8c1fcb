//! Random schemas, from words that many schemas have.

use router_core::semantic::SemanticModel;
use serde_json::{Value, json};

/// A small generator of its own (SplitMix64), so that a seed gives the same questions everywhere.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    pub fn of<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.roll(list.len())]
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    /// Different items of a list.
    pub fn some<'a>(&mut self, list: &[&'a str], count: usize) -> Vec<&'a str> {
        let mut rest = list.to_vec();
        (0..count).map(|_| rest.remove(self.roll(rest.len()))).collect()
    }

    pub fn name(&mut self) -> String {
        const PARTS: [&str; 20] = [
            "bar", "cel", "dor", "fen", "gal", "hul", "jor", "kel", "lum", "mir", "nol", "pal", "quo", "ras", "sim",
            "tor", "vel", "wyn", "yor", "zan",
        ];
        let word = |dice: &mut Self| {
            let mut word = format!("{}{}a", dice.of(&PARTS), dice.of(&PARTS));
            if let Some(first) = word.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            word
        };
        let first = word(self);
        if self.chance(30) { format!("{first} {}", word(self)) } else { first }
    }
}

const ENTITIES: [&str; 14] = [
    "invoice",
    "shipment",
    "appointment",
    "ticket",
    "booking",
    "contract",
    "flight",
    "donation",
    "inspection",
    "subscription",
    "repair",
    "delivery",
    "claim",
    "loan",
];
const DIMENSIONS: [&str; 14] = [
    "carrier",
    "warehouse",
    "department",
    "clinic",
    "supplier",
    "country",
    "district",
    "segment",
    "category",
    "priority",
    "channel",
    "material",
    "airline",
    "branch",
];
const MEASURES: [&str; 12] = [
    "cost", "weight", "fare", "premium", "tax", "distance", "revenue", "fuel", "volume", "profit", "freight", "payment",
];
const SECOND: [&str; 6] = ["net", "gross", "planned", "actual", "billed", "insured"];
const TIMES: [&str; 4] = ["created_on", "shipped_at", "booking_date", "closed_on"];

pub struct Table {
    pub name: String,
    pub dimensions: Vec<(String, Vec<String>)>,
    /// Column, and whether it adds up by itself.
    pub measures: Vec<String>,
    pub time: String,
}

/// Tables of one schema; no two have a measure of the same name.
pub fn schema(dice: &mut Dice) -> (SemanticModel, Vec<Table>) {
    let names = dice.some(&ENTITIES, 2);
    let mut measures = dice.some(&MEASURES, 6);
    let mut taken: Vec<String> = Vec::new();
    let tables: Vec<Table> = names
        .into_iter()
        .map(|name| Table {
            name: format!("{name}{}", if dice.chance(60) { "s" } else { "" }).replace("deliverys", "deliveries"),
            dimensions: dice
                .some(&DIMENSIONS, 3)
                .into_iter()
                .map(|d| {
                    let column = if dice.chance(20) { format!("{d}_name") } else { d.to_owned() };
                    // A value of two columns could mean either.
                    let mut values: Vec<String> = (0..6).map(|_| dice.name()).filter(|n| !taken.contains(n)).collect();
                    values.sort();
                    values.dedup();
                    taken.extend(values.iter().cloned());
                    (column, values)
                })
                .collect(),
            measures: (0..2)
                .map(|_| {
                    let measure = measures.pop().unwrap();
                    if dice.chance(40) { format!("{}_{measure}", dice.of(&SECOND)) } else { measure.to_owned() }
                })
                .collect(),
            time: dice.of(&TIMES).to_owned(),
        })
        .collect();
    let column = |name: &str, sql: &str, value: &str, role: &str, agg: &str, values: &[String]| {
        json!({"name": name, "sql_type": sql, "value_type": value, "role": role, "default_agg": agg, "nullable": true,
            "unique": role == "key", "harvested_all": true,
            "values": values.iter().map(|v| json!({"stored": v})).collect::<Vec<_>>()})
    };
    let datasets: Vec<Value> = tables
        .iter()
        .enumerate()
        .map(|(i, t)| {
            let mut columns = vec![column("id", "integer", "integer", "key", "count_distinct", &[])];
            columns.extend(t.dimensions.iter().map(|(d, v)| column(d, "text", "text", "dimension", "count", v)));
            columns.extend(t.measures.iter().map(|m| column(m, "numeric", "decimal", "measure", "sum", &[])));
            columns.push(column(&t.time, "date", "date", "time", "count", &[]));
            json!({"schema": "app", "name": t.name, "oid": i + 1, "layer": "silver", "rows": 1000, "primary_key": [0],
                "time_column": columns.len() - 1, "columns": columns})
        })
        .collect();
    let model = json!({"version": 1, "datasets": datasets, "relationships": []});
    (serde_json::from_value(model).unwrap(), tables)
}
