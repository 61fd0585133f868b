//! What may be known of a date besides its text.

/// The order in which the numbers of a date stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// 20/11/2026, in most of the world.
    DayMonthYear,
    /// 11/20/2026, in the United States and the Philippines.
    MonthDayYear,
    /// 2026/11/20, in East Asia, Hungary, Iran and others, and in ISO 8601.
    YearMonthDay,
}

impl Order {
    pub(super) const ALL: [Order; 3] = [Order::DayMonthYear, Order::MonthDayYear, Order::YearMonthDay];
}

/// What is known of a date besides its text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The language around it, as a tag of BCP 47 (`en-GB`).
    pub language: Option<&'a str>,
    /// The order of the numbers in other dates of the same writer, where it shows there.
    pub order: Option<Order>,
}
