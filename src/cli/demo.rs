use super::*; use super::arguments::DemoCommand; pub(super) fn run(_: &mut Context, _: &DemoCommand) -> Result<(), Failure> { Ok(()) }
