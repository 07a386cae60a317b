//! A page for people, in parts: blocks, spans, links, headings.

use std::fs;
use std::sync::LazyLock;

use regex::Regex;

use crate::root;

/// Beside the folder of docs.
const BESIDE: [&str; 4] = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];

static SPAN: LazyLock<Regex> = LazyLock::new(|| Regex::new("`([^`]+)`").unwrap());
static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\]\(([^)\s]+)\)").unwrap());

pub(super) struct Page {
    /// From the project's folder on.
    pub(super) path: String,
    pub(super) text: String,
}

/// What stands between two fences.
pub(super) struct Block {
    /// The page and the line, to be found by whoever mends it.
    pub(super) place: String,
    pub(super) language: String,
    pub(super) text: String,
    /// The comments directly above it.
    pub(super) comments: Vec<String>,
}

/// Every page, in the order of their paths.
pub(super) fn pages() -> Vec<Page> {
    let mut paths: Vec<String> = BESIDE.map(str::to_owned).to_vec();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    paths.sort();
    let page = |path: String| Page { text: fs::read_to_string(root().join(&path)).unwrap(), path };
    paths.into_iter().map(page).collect()
}

impl Page {
    pub(super) fn blocks(&self) -> Vec<Block> {
        let (mut blocks, mut comments) = (Vec::new(), Vec::new());
        let mut lines = self.text.lines().enumerate();
        while let Some((index, line)) = lines.next() {
            if let Some(language) = line.trim_start().strip_prefix("```") {
                let inside = lines.by_ref().map(|(_, line)| line);
                let inside: Vec<&str> = inside.take_while(|line| line.trim() != "```").collect();
                blocks.push(Block {
                    place: format!("{}:{}", self.path, index + 1),
                    language: language.to_owned(),
                    text: inside.join("\n"),
                    comments: std::mem::take(&mut comments),
                });
            } else if let Some(comment) =
                line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->"))
            {
                comments.push(comment.to_owned());
            } else {
                comments.clear();
            }
        }
        blocks
    }

    /// All but the blocks, line by line.
    pub(super) fn prose(&self) -> String {
        let mut is_block = false;
        let outside = self.text.lines().map(|line| {
            let is_fence = line.trim_start().starts_with("```");
            is_block ^= is_fence;
            if is_block || is_fence { "" } else { line }
        });
        outside.collect::<Vec<_>>().join("\n")
    }

    /// What stands in backticks, also from one line to the next.
    pub(super) fn spans(&self) -> Vec<String> {
        let prose = self.prose();
        let paragraphs = prose.split("\n\n");
        let spans = paragraphs.flat_map(|paragraph| SPAN.captures_iter(paragraph));
        spans.map(|found| found[1].split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// Where its links lead.
    pub(super) fn links(&self) -> Vec<String> {
        LINK.captures_iter(&SPAN.replace_all(&self.prose(), "")).map(|found| found[1].to_owned()).collect()
    }

    /// What a link to a heading of this page says behind `#`.
    pub(super) fn anchors(&self) -> Vec<String> {
        let prose = self.prose();
        let headings = prose.lines().filter(|line| line.starts_with('#'));
        headings.map(|heading| anchor(heading.trim_start_matches('#').trim())).collect()
    }

    /// From a heading of the second level to the next one, with its place.
    pub(super) fn sections(&self) -> Vec<(String, String)> {
        let mut sections = vec![(self.path.clone(), String::new())];
        for (index, line) in self.text.lines().enumerate() {
            if line.starts_with("## ") {
                sections.push((format!("{}:{}", self.path, index + 1), String::new()));
            }
            sections.last_mut().unwrap().1.push_str(&format!("{line}\n"));
        }
        sections
    }
}

fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

#[test]
fn a_page_is_taken_apart() {
    let text = "# A `b` C, D\n\ne `f\ng` [h](i.md#j)\n\n<!-- k -->\n```sh\n`l` [m](n)\n```\n\n## O\n\np\n";
    let page = Page { path: "q.md".to_owned(), text: text.to_owned() };
    assert_eq!(page.spans(), ["b", "f g"]);
    assert_eq!(page.links(), ["i.md#j"]);
    assert_eq!(page.anchors(), ["a-b-c-d", "o"]);
    let blocks = page.blocks();
    assert_eq!(blocks.len(), 1);
    assert_eq!((blocks[0].place.as_str(), blocks[0].language.as_str()), ("q.md:7", "sh"));
    assert_eq!((blocks[0].text.as_str(), &blocks[0].comments[..]), ("`l` [m](n)", &["k".to_owned()][..]));
    assert_eq!(page.sections().len(), 2);
}
