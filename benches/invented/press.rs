//! Invented articles with the statistics that matter to a store: words with Zipf's distribution, each depending on the one before,
//! so that idioms repeat; lengths as in newspapers; every seventh a copy of an earlier one, cut, edited and extended.

use newswire::model::Article;
use newswire::pipeline;

/// Every so many articles one is a copy.
pub(crate) const COPY_ONE_IN: u64 = 7;

/// Invents articles. The same number gives the same article.
pub(crate) struct Press {
    /// Words of the median article.
    median_words: f64,
    words: Vec<String>,
    /// Up to and including each word, the share of a text that these words make up.
    shares: Vec<f64>,
}

impl Press {
    pub(crate) fn new(median_words: f64) -> Press {
        const N_WORDS: u32 = 60_000;
        const SYLLABLES: [&str; 24] = [
            "an", "be", "co", "da", "el", "fi", "go", "ha", "in", "ja", "ka", "lo", "mi", "no", "or", "pe", "ra", "si",
            "ta", "un", "ve", "wi", "yo", "zu",
        ];
        let words = (0..N_WORDS).map(|number| {
            let mut rest = number + 1;
            let mut word = String::new();
            while rest > 0 {
                word.push_str(SYLLABLES[(rest % 24) as usize]);
                rest /= 24;
            }
            word
        });
        let mut sum = 0.0;
        let shares = (0..N_WORDS).map(|rank| {
            sum += 1.0 / (f64::from(rank) + 2.7);
            sum
        });
        let shares: Vec<f64> = shares.collect();
        Press { median_words, words: words.collect(), shares: shares.iter().map(|share| share / sum).collect() }
    }

    /// How many words there are.
    #[allow(dead_code, reason = "not every benchmark asks for words")]
    pub(crate) fn n_words(&self) -> usize {
        self.words.len()
    }

    /// A word by its rank, 0 for the commonest.
    #[allow(dead_code, reason = "not every benchmark asks for words")]
    pub(crate) fn word(&self, rank: usize) -> &str {
        &self.words[rank]
    }

    /// So many words of a text that this number stands for.
    #[allow(dead_code, reason = "not every benchmark asks for texts that are no articles")]
    pub(crate) fn words_in_a_row(&self, number: u64, n_words: usize) -> String {
        self.sentence(&mut Dice::new(number), n_words)
    }

    /// The article of the fill with this number: most are originals.
    pub(crate) fn article(&self, number: u64) -> Article {
        if number % COPY_ONE_IN == COPY_ONE_IN - 1 {
            self.copy(choice(number, number), number)
        } else {
            self.original(number)
        }
    }

    pub(crate) fn original(&self, number: u64) -> Article {
        let mut dice = Dice::new(number);
        // Lengths are log-normal: one in a hundred has five times the words of the median and more.
        let normal = (0..12).map(|_| dice.share()).sum::<f64>() - 6.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of words")]
        let n_words = (self.median_words * (0.7 * normal).exp()) as usize;
        let paragraphs = self.paragraphs(&mut dice, n_words.max(20));
        article(&self.sentence(&mut dice, 9), &paragraphs, "en")
    }

    /// A copy: some paragraphs are left out, words changed, a lead of its own, another headline.
    pub(crate) fn copy(&self, of: u64, number: u64) -> Article {
        let original = self.original(of);
        let mut dice = Dice::new(number);
        let mut paragraphs = self.paragraphs(&mut dice, 30);
        let kept = original.body.lines().enumerate().filter(|(position, _)| *position == 0 || dice.share() < 0.75);
        let kept: Vec<&str> = kept.map(|(_, paragraph)| paragraph).collect();
        for paragraph in kept {
            let edited = paragraph
                .split(' ')
                .map(|word| if dice.share() < 0.03 { self.words[self.by_share(dice.share())].as_str() } else { word });
            paragraphs.push(edited.collect::<Vec<_>>().join(" "));
        }
        let title = original.title.as_deref().unwrap_or_default();
        article(
            &format!("{} {}", self.sentence(&mut dice, 4), title.split(' ').next().unwrap_or_default()),
            &paragraphs,
            "en",
        )
    }

    fn paragraphs(&self, dice: &mut Dice, n_words: usize) -> Vec<String> {
        let mut paragraphs = Vec::new();
        let mut left = n_words;
        while left > 0 {
            let length = left.min(25 + usize::try_from(dice.next() % 50).unwrap_or(0));
            paragraphs.push(self.sentence(dice, length));
            left -= length;
        }
        paragraphs
    }

    fn sentence(&self, dice: &mut Dice, n_words: usize) -> String {
        let mut text = String::new();
        let mut word = self.by_share(dice.share());
        for _ in 0..n_words {
            if !text.is_empty() {
                text.push(' ');
            }
            if dice.share() < 0.02 {
                text += &(dice.next() % 10_000).to_string();
            } else {
                text += &self.words[word];
            }
            // Half of the words are among the forty that like to follow the last one, the first of them most often.
            word = if dice.share() < 0.5 {
                let place = dice.next() % 40 * (dice.next() % 40) / 40;
                self.by_share(Dice::new((word as u64) << 8 | place).share())
            } else {
                self.by_share(dice.share())
            };
        }
        text
    }

    fn by_share(&self, share: f64) -> usize {
        self.shares.partition_point(|sum| *sum < share).min(self.words.len() - 1)
    }
}

/// An article in a script that is written without blanks, words of one to three of its characters with Zipf's distribution. Every
/// third is one of the thirty that this article is about.
#[allow(dead_code, reason = "not every benchmark that invents articles has such")]
pub(crate) fn unspaced(number: u64, script: Script, n_characters: usize) -> Article {
    let mut dice = Dice::new(number ^ 0xabcd);
    let subject: Vec<String> = (0..30).map(|_| script.word(dice.share())).collect();
    let sentence = |dice: &mut Dice, n_characters: usize| {
        let mut text = String::new();
        while text.chars().count() < n_characters {
            let word = script.word(dice.share());
            let place = usize::try_from(dice.next() % 90).unwrap_or(0);
            text += subject.get(place).unwrap_or(&word);
            if dice.share() < 0.12 {
                text.push(script.pause());
            }
        }
        text
    };
    let title = sentence(&mut dice, 18);
    let paragraphs: Vec<String> = (0..n_characters.div_ceil(120)).map(|_| sentence(&mut dice, 120)).collect();
    article(&title, &paragraphs, script.language())
}

/// A script that is written without blanks.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "not every benchmark that invents articles has such")]
pub(crate) enum Script {
    Chinese,
    Japanese,
    Thai,
}

#[allow(dead_code, reason = "not every benchmark that invents articles has such")]
impl Script {
    /// The word at a share of a text, the same for the same share: 8,000 of them.
    pub(crate) fn word(self, share: f64) -> String {
        // The inverse of the sum of 1/rank.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
        let rank = 8000_f64.powf(share) as u64;
        let mut dice = Dice::new(rank);
        let length = 1 + dice.next() % 3;
        (0..length).map(|place| self.character(&mut dice, rank, place)).collect()
    }

    fn character(self, dice: &mut Dice, rank: u64, place: u64) -> char {
        let (first, n_characters) = match self {
            // Half of a Japanese text is kana.
            Script::Japanese if rank.is_multiple_of(2) || place == 2 => (0x3042, 80),
            Script::Chinese | Script::Japanese => (0x4e00, 2000),
            // Consonants, with a vowel sign above some.
            Script::Thai if place == 1 && rank.is_multiple_of(3) => (0x0e34, 4),
            Script::Thai => (0x0e01, 46),
        };
        // As in a newspaper: the commonest hundred of two thousand are two fifths of a text, five hundred two thirds.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
        let rank = (f64::from(n_characters) * dice.share().powf(3.5)) as u32;
        char::from_u32(first + rank).unwrap_or('一')
    }

    fn language(self) -> &'static str {
        match self {
            Script::Chinese => "zh",
            Script::Japanese => "ja",
            Script::Thai => "th",
        }
    }

    fn pause(self) -> char {
        match self {
            Script::Chinese | Script::Japanese => '、',
            Script::Thai => ' ',
        }
    }
}

/// An original among the articles before `number`.
pub(crate) fn choice(seed: u64, number: u64) -> u64 {
    let choice = Dice::new(seed ^ 0x5555).next() % number.max(1);
    if choice % COPY_ONE_IN == COPY_ONE_IN - 1 { choice - 1 } else { choice }
}

/// Brings text into the form that the store takes.
fn article(title: &str, paragraphs: &[String], language: &str) -> Article {
    let line = serde_json::json!({ "id": "1", "title": title, "language": language, "paragraphs": paragraphs });
    pipeline::json_line(&line.to_string()).expect("a line of JSON").article
}

/// Random numbers (`SplitMix64`) that are the same every time.
struct Dice {
    state: u64,
}

impl Dice {
    fn new(seed: u64) -> Dice {
        Dice { state: seed.wrapping_mul(0xd134_2543_de82_ef95) }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Between 0 and 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
