//! With which sources and watches articles stand, for feed readers on other devices.

/// Sources and watches. An article stands with every source that lists it, and with every watch that was told of it or of its story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Row ids of sources.
    pub sources: Vec<i64>,
    /// Row ids of watches.
    pub watches: Vec<i64>,
}

impl Standing {
    /// Whether nothing can stand with any of them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.watches.is_empty()
    }

    /// As a condition, where `article` has the number of an article. `+` has all rows of the article looked at, which are few, and not one
    /// looked up for each of the sources.
    pub(in crate::store) fn condition(&self, article: &str) -> String {
        let of = |table: &str, column: &str, numbers: &[i64]| {
            let numbers = numbers_in_sql(numbers);
            format!(
                "EXISTS (SELECT 1 FROM {table} AS its WHERE its.article_id = {article} AND +its.{column} IN ({numbers}))"
            )
        };
        let listed = (!self.sources.is_empty()).then(|| of("sightings", "source_id", &self.sources));
        let told = (!self.watches.is_empty()).then(|| of("_told", "watch_id", &self.watches));
        let conditions: Vec<String> = listed.into_iter().chain(told).collect();
        if conditions.is_empty() { "FALSE".to_owned() } else { format!("({})", conditions.join(" OR ")) }
    }
}

/// Numbers, one behind the other.
pub(in crate::store) fn numbers_in_sql(numbers: &[i64]) -> String {
    numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}
