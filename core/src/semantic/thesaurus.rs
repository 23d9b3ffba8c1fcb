//! Words that mean the same in any schema, and the everyday words for codes that columns hold.

/// Interchangeable nouns; the first words of a group are no better than the last.
const GROUPS: &[&[&str]] = &[
    &["gender", "sex"],
    &["salary", "wage", "pay", "earnings", "compensation"],
    &["customer", "client"],
    &["company", "firm"],
    &["employee", "staff", "worker"],
    &["doctor", "physician"],
    &["illness", "disease"],
    &["film", "movie"],
    &["country", "nation"],
    &["city", "town", "siyudad", "lungsod"],
    &["region", "rehiyon"],
    &["province", "probinsya", "lalawigan"],
    &["store", "tindahan"],
    &["product", "produkto"],
    &["category", "kategorya"],
    &["price", "presyo"],
    &["phone", "telephone", "phone number", "telephone number"],
    &["vehicle", "car", "automobile"],
    &["teacher", "instructor"],
    &["student", "pupil"],
    &["author", "writer"],
    &["shipment", "delivery"],
    &["supplier", "vendor"],
    &["apartment", "flat"],
    &["color", "colour"],
    &["invoice", "bill"],
    &["revenue", "turnover", "sales", "benta"],
    &["volume", "vol"],
    &["job", "occupation", "profession"],
    &["surname", "last name", "family name"],
    &["given name", "first name", "forename"],
    &["birthday", "date of birth", "birth date", "birth", "dob", "born"],
    &["zip", "zip code", "postcode", "postal code"],
    &["headquarters", "headquarter", "head office"],
    &["quantity", "qty"],
    &["length", "duration"],
    &["email", "email address", "e mail"],
    &["stock", "inventory"],
    &["warehouse", "depot"],
    &["department", "dept"],
    &["hire date", "hiring date", "date of hire"],
    &["airline", "carrier"],
    &["nationality", "citizenship"],
    &["manager", "boss", "supervisor"],
    &["degree", "qualification"],
];

/// Other words for `phrase` (folded words joined by blanks).
pub(super) fn synonyms(phrase: &str) -> impl Iterator<Item = &'static str> {
    let group = GROUPS.iter().find(|g| g.contains(&phrase));
    let own = group.and_then(|g| g.iter().position(|w| *w == phrase));
    group.into_iter().flat_map(|g| g.iter()).enumerate().filter(move |(i, _)| Some(*i) != own).map(|(_, w)| *w)
}

/// What people say for a code of a column with this name: `M` of `sex` is "male".
pub(super) fn spoken_codes(column: &[String], stored: &str) -> &'static [&'static str] {
    if !column.iter().any(|w| w == "sex" || w == "gender") {
        return &[];
    }
    match stored.to_lowercase().as_str() {
        "m" => &["male", "males", "men", "man", "boys"],
        "f" => &["female", "females", "women", "woman", "girls"],
        "male" => &["men", "man", "boys"],
        "female" => &["women", "woman", "girls"],
        _ => &[],
    }
}

/// The people of a country: "Australian" for 'Australia'.
pub(super) fn demonym(stored: &str) -> Option<&'static str> {
    // Asked of every stored value: most are not as short as a country.
    if stored.len() > 16 {
        return None;
    }
    let folded = stored.to_lowercase();
    DEMONYMS.iter().find(|(country, _)| *country == folded).map(|(_, people)| *people)
}

const DEMONYMS: &[(&str, &str)] = &[
    ("argentina", "argentine"),
    ("australia", "australian"),
    ("austria", "austrian"),
    ("belgium", "belgian"),
    ("brazil", "brazilian"),
    ("bulgaria", "bulgarian"),
    ("canada", "canadian"),
    ("chile", "chilean"),
    ("china", "chinese"),
    ("colombia", "colombian"),
    ("croatia", "croatian"),
    ("cuba", "cuban"),
    ("czech republic", "czech"),
    ("denmark", "danish"),
    ("egypt", "egyptian"),
    ("england", "english"),
    ("finland", "finnish"),
    ("france", "french"),
    ("germany", "german"),
    ("greece", "greek"),
    ("hungary", "hungarian"),
    ("iceland", "icelandic"),
    ("india", "indian"),
    ("indonesia", "indonesian"),
    ("iran", "iranian"),
    ("ireland", "irish"),
    ("israel", "israeli"),
    ("italy", "italian"),
    ("jamaica", "jamaican"),
    ("japan", "japanese"),
    ("kenya", "kenyan"),
    ("malaysia", "malaysian"),
    ("mexico", "mexican"),
    ("morocco", "moroccan"),
    ("netherlands", "dutch"),
    ("new zealand", "new zealander"),
    ("nigeria", "nigerian"),
    ("norway", "norwegian"),
    ("pakistan", "pakistani"),
    ("peru", "peruvian"),
    ("philippines", "filipino"),
    ("poland", "polish"),
    ("portugal", "portuguese"),
    ("romania", "romanian"),
    ("russia", "russian"),
    ("scotland", "scottish"),
    ("serbia", "serbian"),
    ("singapore", "singaporean"),
    ("slovakia", "slovak"),
    ("slovenia", "slovenian"),
    ("south africa", "south african"),
    ("south korea", "south korean"),
    ("spain", "spanish"),
    ("sweden", "swedish"),
    ("switzerland", "swiss"),
    ("thailand", "thai"),
    ("turkey", "turkish"),
    ("ukraine", "ukrainian"),
    ("united kingdom", "british"),
    ("uk", "british"),
    ("united states", "american"),
    ("usa", "american"),
    ("us", "american"),
    ("venezuela", "venezuelan"),
    ("vietnam", "vietnamese"),
    ("wales", "welsh"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_words_and_codes() {
        assert!(synonyms("gender").eq(["sex"]));
        assert!(synonyms("first name").any(|w| w == "given name"));
        assert_eq!(synonyms("profit").count(), 0);
        assert_eq!(spoken_codes(&["sex".into()], "M")[0], "male");
        assert!(spoken_codes(&["size".into()], "M").is_empty(), "a medium shirt is no man");
        assert_eq!(demonym("Australia"), Some("australian"));
    }
}
