//! Any bytes as each message between workers and the writer, and as parts of one: refused, or read so that it is written again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use newswire::queue::wire::{Answer, Ask, Assembly, Report, TurnAnswer, TurnAsk, parts};

const MESSAGE_MAX: usize = 1 << 20;

/// Reads it as a message of that kind, writes it, and reads that.
macro_rules! there_and_back {
    ($($message:ident)*) => {
        |bytes: &[u8]| {$(
            if let Ok(message) = $message::decode(bytes) {
                let written = message.encode();
                let again = $message::decode(&written).map(|message| message.encode());
                assert_eq!(again.as_ref(), Ok(&written));
            }
        )*}
    };
}

fuzz_target!(|bytes: &[u8]| {
    let read = there_and_back!(Ask Answer Report TurnAsk TurnAnswer);
    read(bytes);

    let mut assembly = Assembly::new(MESSAGE_MAX, 2);
    for piece in bytes.split(|byte| *byte == b'\n') {
        if let Ok(Some(message)) = assembly.take("it", piece) {
            assert!(message.len() <= MESSAGE_MAX);
            read(&message);
        }
    }
    assert!(assembly.n_open() <= 1);

    // What was sent is what comes.
    let mut assembly = Assembly::new(MESSAGE_MAX, 2);
    let mut whole = None;
    for part in parts(bytes.to_vec(), 64) {
        whole = assembly.take("it", &part).unwrap_or_else(|error| panic!("{error}"));
    }
    assert!(bytes.len() > MESSAGE_MAX || whole.as_deref() == Some(bytes));
});
