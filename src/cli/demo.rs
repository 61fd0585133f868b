use super::arguments::DemoCommand;
use super::*;
pub(super) fn run(_: &mut Context, _: &DemoCommand) -> Result<(), Failure> {
    Ok(())
}
