//! Look-alike pairs written before anything was measured on them: three more subjects, other sentences.
#![allow(clippy::unwrap_used, clippy::panic)]

mod pairs;

use pairs::{Pair, Subject, column, different, measure_hits, same};

fn hotels() -> (Subject, Vec<Pair>, Vec<Pair>) {
    let subject = Subject::new(
        "bookings",
        vec![
            column("property", "text", "dimension", "count", &["Grand Palm", "Harbour View", "Alpine Lodge"]),
            column("country", "text", "dimension", "count", &["Norway", "Chile", "Kenya", "Japan"]),
            column("channel", "text", "dimension", "count", &["Direct", "Agency", "Walk-in"]),
            column("nights", "integer", "measure", "sum", &[]),
            column("room_revenue", "decimal", "measure", "sum", &[]),
            column("rating", "decimal", "measure", "avg", &[]),
            column("booked_on", "date", "time", "none", &[]),
        ],
    );
    let choices = [
        ["Grand Palm", "Norway", "last month"],
        ["Harbour View", "Chile", "in 2024"],
        ["Alpine Lodge", "Kenya", "during the last 6 weeks"],
    ];
    let wrong = [
        ("negation", "room revenue from {1} guests {2}", "room revenue from guests who are not from {1} {2}"),
        ("negation", "nights booked at {0} {2}", "nights booked anywhere except {0} {2}"),
        ("negation", "which channels sold {0} nights {2}", "which channels never sold {0} nights {2}"),
        ("negation", "nights by channel, {0} only, {2}", "nights by channel, {0} left out, {2}"),
        ("measure", "what did {0} earn in room revenue {2}", "what did {0} earn in nights {2}"),
        ("measure", "rating of {0} {2}", "nights of {0} {2}"),
        ("aggregation", "average room revenue at {0} {2}", "room revenue at {0} {2}"),
        ("aggregation", "highest rating per property {2}", "typical rating per property {2}"),
        ("kind of name", "nights from {1} {2}", "nights from {0} {2}"),
        ("dimension", "compare nights across channels for {0} {2}", "compare nights across countries for {0} {2}"),
        ("direction", "bottom 2 properties by room revenue {2}", "top 2 properties by room revenue {2}"),
        ("direction", "properties with the most nights first {2}", "properties with the fewest nights first {2}"),
        (
            "direction",
            "sort countries by rating from best to worst {2}",
            "sort countries by rating from worst to best {2}",
        ),
        ("grain", "nights each month at {0}", "nights each week at {0}"),
        ("grain", "nights at {0} {2}", "nights at {0} by month {2}"),
        ("period left out", "room revenue at {0} {2}", "room revenue at {0}"),
        ("other period", "nights at {0} {2}", "nights at {0} {2} versus the period before"),
        ("comparison", "countries where nights exceed 100 {2}", "countries where nights stay under 100 {2}"),
        ("share", "room revenue of {0} {2}", "what percentage of room revenue comes from {0} {2}"),
        ("growth", "room revenue of {0} per quarter", "how fast did room revenue of {0} grow per quarter"),
        ("ratio", "room revenue at {0} {2}", "room revenue per night at {0} {2}"),
        ("not understood", "nights at {0} {2}", "cancelled nights at {0} {2}"),
        ("not understood", "room revenue of {0} {2}", "forecast room revenue of {0} {2}"),
        ("two names", "nights from {1} {2}", "nights from {1} through Agency {2}"),
        ("count or sum", "how many bookings from {1} {2}", "how many nights from {1} {2}"),
    ];
    let right = [
        ("name", "room revenue from {1} guests {2}", "room revenue from {1} guests {2}"),
        ("name", "nights booked at {0} {2}", "nights booked at {0} {2}"),
        ("number", "top 2 properties by room revenue {2}", "top 3 properties by room revenue {2}"),
        ("wording", "average rating of {0} {2}", "I'd like to see the average rating of {0} {2}"),
        ("wording", "nights by channel for {0} {2}", "give me a breakdown of nights by channel for {0} {2}"),
        ("wording", "room revenue at {0} {2}", "how much room revenue did we make at {0} {2}"),
        ("number", "countries where nights exceed 100 {2}", "countries where nights exceed 250 {2}"),
        ("both", "nights from {1} at {0} {2}", "nights from {1} at {0} {2}"),
        ("wording", "what is the rating of {0} {2}", "what was the rating of {0} {2}"),
        ("name", "nights each month at {0}", "nights each month at {0}"),
        ("order", "nights at {0} {2}", "{2} nights at {0}"),
    ];
    (subject, different(&wrong, &choices), same(&right, &choices))
}

fn support() -> (Subject, Vec<Pair>, Vec<Pair>) {
    let subject = Subject::new(
        "tickets",
        vec![
            column("team", "text", "dimension", "count", &["Billing", "Onboarding", "Infrastructure", "Logistics"]),
            column("agent", "text", "dimension", "count", &["Priya", "Tomasz", "Adaeze", "Joaquin"]),
            column("priority", "text", "dimension", "count", &["Urgent", "Routine"]),
            column("messages", "integer", "measure", "sum", &[]),
            column("resolution_hours", "decimal", "measure", "avg", &[]),
            column("refunds", "decimal", "measure", "sum", &[]),
            column("opened_on", "date", "time", "none", &[]),
        ],
    );
    let choices = [
        ["Billing", "Priya", "this month"],
        ["Onboarding", "Tomasz", "in the last 10 days"],
        ["Infrastructure", "Adaeze", "in November 2024"],
    ];
    let wrong = [
        ("negation", "tickets handled by {1} {2}", "tickets handled by anyone besides {1} {2}"),
        ("negation", "refunds per agent in {0} {2}", "refunds per agent outside of {0} {2}"),
        ("negation", "messages of {1} {2} in {0}", "messages of {1} {2} but not in {0}"),
        ("negation", "refunds by team including {0} {2}", "refunds by team ignoring {0} {2}"),
        ("measure", "total refunds by {1} {2}", "total messages by {1} {2}"),
        ("measure", "refunds of the {0} team {2}", "resolution hours of the {0} team {2}"),
        ("aggregation", "average resolution hours for {0} {2}", "shortest resolution hours for {0} {2}"),
        ("aggregation", "largest refunds by agent {2}", "smallest refunds by agent {2}"),
        ("kind of name", "tickets for {0} {2}", "tickets for {1} {2}"),
        ("dimension", "messages per agent for Urgent tickets {2}", "messages per team for Urgent tickets {2}"),
        (
            "direction",
            "who are the 3 fastest agents by resolution hours {2}",
            "who are the 3 slowest agents by resolution hours {2}",
        ),
        ("direction", "agents with the highest refunds {2}", "agents with the lowest refunds {2}"),
        ("direction", "teams by messages ascending {2}", "teams by messages descending {2}"),
        ("grain", "tickets opened per day by {0}", "tickets opened per hour by {0}"),
        ("grain", "monthly refunds of {1}", "quarterly refunds of {1}"),
        ("comparison", "agents having at least 20 messages {2}", "agents having no more than 20 messages {2}"),
        ("share", "refunds by {1} {2}", "proportion of refunds by {1} {2}"),
        ("growth", "messages of {0} by week {2}", "week over week change in messages of {0} {2}"),
        ("running total", "refunds of {0} by week {2}", "running total of refunds of {0} by week {2}"),
        ("not understood", "tickets for {0} {2}", "escalated tickets for {0} {2}"),
        ("not understood", "resolution hours for {1} {2}", "target resolution hours for {1} {2}"),
        ("two names", "messages in {0} {2}", "messages in {0} from {1} {2}"),
        ("number's meaning", "top 10 agents by messages {2}", "agents with 10 messages {2}"),
        ("ranking left out", "the 3 teams with most refunds {2}", "the teams with refunds {2}"),
        ("other value", "Urgent tickets of {0} {2}", "tickets of {0} {2}"),
    ];
    let right = [
        ("name", "tickets handled by {1} {2}", "tickets handled by {1} {2}"),
        ("name", "refunds per agent in {0} {2}", "refunds per agent in {0} {2}"),
        ("wording", "total refunds by {1} {2}", "what were total refunds by {1} {2}?"),
        ("wording", "average resolution hours for {0} {2}", "please show average resolution hours for {0} {2}"),
        ("wording", "tickets for {0} {2}", "can I get the tickets for {0} {2}"),
        ("both", "messages in {0} from {1} {2}", "messages in {0} from {1} {2}"),
        ("number", "agents having at least 20 messages {2}", "agents having at least 35 messages {2}"),
        ("number", "top 10 agents by messages in {0}", "top 4 agents by messages in {0}"),
        ("name", "monthly refunds of {1}", "monthly refunds of {1}"),
        ("wording", "refunds of the {0} team {2}", "the {0} team's refunds {2}"),
        ("wording", "messages per team {2}", "messages for each team {2}"),
    ];
    (subject, different(&wrong, &choices), same(&right, &choices))
}

fn farms() -> (Subject, Vec<Pair>, Vec<Pair>) {
    let subject = Subject::new(
        "harvests",
        vec![
            column("crop", "text", "dimension", "count", &["Barley", "Soybean", "Maize", "Flax"]),
            column("county", "text", "dimension", "count", &["Kilkenny", "Oderland", "Murcia", "Skane"]),
            column("soil", "text", "dimension", "count", &["Clay", "Sandy loam"]),
            column("tonnes", "decimal", "measure", "sum", &[]),
            column("water_used", "decimal", "measure", "sum", &[]),
            column("moisture", "decimal", "measure", "avg", &[]),
            column("harvested_on", "date", "time", "none", &[]),
        ],
    );
    let choices = [
        ["Barley", "Kilkenny", "last year"],
        ["Soybean", "Oderland", "between 2022 and 2024"],
        ["Maize", "Murcia", "in the second quarter of 2024"],
    ];
    let wrong = [
        ("negation", "tonnes of {0} harvested {2}", "tonnes of everything apart from {0} harvested {2}"),
        ("negation", "water used in {1} {2}", "water used in no county like {1} {2}"),
        ("negation", "moisture by county for {0} {2}", "moisture by county for anything that isn't {0} {2}"),
        ("negation", "tonnes of {0} and Flax {2}", "tonnes of {0} and not Flax {2}"),
        ("measure", "water used for {0} in {1} {2}", "tonnes for {0} in {1} {2}"),
        ("measure", "moisture of {0} by soil {2}", "water used of {0} by soil {2}"),
        ("aggregation", "mean moisture of {0} {2}", "peak moisture of {0} {2}"),
        ("aggregation", "tonnes of {0} {2}", "how many harvests of {0} {2}"),
        ("aggregation", "total water used per crop {2}", "average water used per crop {2}"),
        ("kind of name", "tonnes in {1} {2}", "tonnes in {0} {2}"),
        ("dimension", "water used by county {2}", "water used by soil {2}"),
        ("dimension", "tonnes split by crop and county {2}", "tonnes split by crop and soil {2}"),
        ("direction", "driest county by moisture {2}", "wettest county by moisture {2}"),
        ("direction", "counties from largest to smallest tonnes {2}", "counties from smallest to largest tonnes {2}"),
        ("direction", "first 2 crops by water used {2}", "last 2 crops by water used {2}"),
        ("grain", "yearly tonnes of {0}", "monthly tonnes of {0}"),
        ("grain", "water used per week in {1} {2}", "water used per day of the week in {1} {2}"),
        ("comparison", "counties below 12 moisture {2}", "counties above 12 moisture {2}"),
        ("comparison", "crops with tonnes over 300 {2}", "crops with tonnes of exactly 300 {2}"),
        ("ratio", "tonnes of {0} {2}", "tonnes of {0} per water used {2}"),
        ("share", "water used by {0} {2}", "what part of all water used went to {0} {2}"),
        ("moving average", "tonnes by month in {1}", "3 month moving average of tonnes in {1}"),
        ("not understood", "tonnes of {0} {2}", "spoiled tonnes of {0} {2}"),
        ("not understood", "tonnes of {0} {2}", "tonnes of {0} exported {2}"),
        ("two names", "tonnes of {0} {2}", "tonnes of {0} on Clay {2}"),
        ("period left out", "tonnes of {0} in {1} {2}", "tonnes of {0} in {1}"),
    ];
    let right = [
        ("name", "tonnes of {0} harvested {2}", "tonnes of {0} harvested {2}"),
        ("name", "water used in {1} {2}", "water used in {1} {2}"),
        ("both", "water used for {0} in {1} {2}", "water used for {0} in {1} {2}"),
        ("wording", "moisture by county for {0} {2}", "show me moisture by county for {0} {2}"),
        ("wording", "tonnes of {0} {2}", "how many tonnes of {0} were there {2}"),
        ("wording", "water used by county {2}", "water used in every county {2}"),
        ("number", "first 2 crops by water used {2}", "first 3 crops by water used {2}"),
        ("number", "crops with tonnes over 300 {2}", "crops with tonnes over 500 {2}"),
        ("period", "tonnes split by crop and county {2}", "tonnes split by crop and county {2}"),
        ("name", "yearly tonnes of {0}", "yearly tonnes of {0}"),
        ("wording", "mean moisture of {0} {2}", "what's the mean moisture of {0} {2}"),
    ];
    (subject, different(&wrong, &choices), same(&right, &choices))
}

#[test]
fn slots_decide_on_what_was_not_seen() {
    let hits = measure_hits(&[hotels(), support(), farms()]);
    assert!(hits.pairs >= 300);
    assert!(hits.false_share <= 0.01, "false hits:\n{}", hits.false_hits.join("\n"));
    assert!(hits.true_share >= 0.85, "missed:\n{}", hits.missed.join("\n"));
    assert!(hits.near > 0.85 && hits.far < 0.6, "the knots of Scale no longer fit: {} and {}", hits.near, hits.far);
}
