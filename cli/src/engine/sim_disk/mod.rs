//! A filesystem in memory that loses, at a power cut, what nobody made durable, and as adversarially as POSIX allows:
//! unsynced content is whole, torn or gone, and each unsynced change of a directory survives or not by itself.
//! It also fails, flips bits, runs full and hangs up when told. Deterministic by its seed. For tests alone.

mod calls;

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::io::Errno;

use super::disk::Kind;

type Ino = u64;

#[derive(Debug, Clone, Default)]
struct Node {
    kind: Option<Kind>,
    live: Vec<u8>,
    /// As storage has it; none: no content was made durable yet.
    durable: Option<Vec<u8>>,
    mode: u32,
    mtime_ns: i64,
    names: BTreeMap<Vec<u8>, Ino>,
    durable_names: BTreeMap<Vec<u8>, Ino>,
    opened: u64,
    read_bytes: u64,
    /// Not yet durable, in order: a change is one or two names at once (a rename is both or neither).
    changes: Vec<Vec<(Vec<u8>, Option<Ino>)>>,
}

/// What goes wrong, and when.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Plan {
    /// The power is cut at this call; every later call fails.
    pub(crate) cut_at_call: Option<u64>,
    /// Of 1,000 calls, so many fail with EIO.
    pub(crate) failing_permille: u64,
    /// Of 1,000 calls, so many fail with EAGAIN.
    pub(crate) busy_permille: u64,
    /// Of 1,000 writes, so many store a flipped bit.
    pub(crate) flipping_permille: u64,
    /// Writes beyond this fail with ENOSPC.
    pub(crate) capacity_bytes: Option<u64>,
    /// Names that differ only in case are one.
    pub(crate) folds_case: bool,
    /// This call panics: a fault of our own.
    pub(crate) panics_at_call: Option<u64>,
    /// This call does not come back before [`release_hung`].
    pub(crate) hangs_at_call: Option<u64>,
    /// How long each read of a file takes.
    pub(crate) read_takes: Duration,
    /// How long it takes to make the filesystem durable.
    pub(crate) sync_takes: Duration,
    /// Each file lists an extended attribute of this name, which cannot be read.
    pub(crate) unreadable_attribute: Option<&'static str>,
}

/// Of all disks of this process; one test hangs one.
static RELEASED: AtomicBool = AtomicBool::new(false);

/// Calls that hang come back.
pub(crate) fn release_hung() {
    RELEASED.store(true, Ordering::SeqCst);
}

#[derive(Debug)]
struct State {
    nodes: HashMap<Ino, Node>,
    next: Ino,
    calls: u64,
    random: u64,
    plan: Plan,
    flipped: u64,
}

/// The filesystem; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct SimDisk(Arc<Mutex<State>>);

const ROOT: Ino = 1;

impl State {
    /// Xorshift: good enough to choose faults by.
    fn roll(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    /// Every system call passes here.
    fn call(&mut self) -> io::Result<()> {
        self.calls += 1;
        assert!(
            self.plan.panics_at_call != Some(self.calls),
            "the plan says so"
        );
        while self.plan.hangs_at_call == Some(self.calls) && !RELEASED.load(Ordering::SeqCst) {
            std::thread::park_timeout(std::time::Duration::from_millis(5));
        }
        if self.plan.cut_at_call.is_some_and(|at| self.calls >= at) {
            return Err(Errno::NODEV.into());
        }
        if self.plan.failing_permille > 0 && self.roll() % 1000 < self.plan.failing_permille {
            return Err(Errno::IO.into());
        }
        if self.plan.busy_permille > 0 && self.roll() % 1000 < self.plan.busy_permille {
            return Err(Errno::AGAIN.into());
        }
        Ok(())
    }

    fn node(&mut self, ino: Ino) -> &mut Node {
        self.nodes.entry(ino).or_default()
    }

    fn find(&mut self, dir: Ino, name: &[u8]) -> io::Result<Ino> {
        let folds = self.plan.folds_case;
        let names = &self.node(dir).names;
        let found = names.get(name).copied().or_else(|| {
            let same = |known: &Vec<u8>| folds && known.eq_ignore_ascii_case(name);
            names
                .iter()
                .find(|(known, _)| same(known))
                .map(|(_, ino)| *ino)
        });
        found.ok_or_else(|| Errno::NOENT.into())
    }

    fn change(&mut self, dir: Ino, change: Vec<(Vec<u8>, Option<Ino>)>) {
        let node = self.node(dir);
        apply(&mut node.names, &change);
        node.changes.push(change);
    }

    fn new_node(&mut self, kind: Kind) -> Ino {
        self.next += 1;
        let ino = self.next;
        *self.node(ino) = Node {
            kind: Some(kind),
            ..Node::default()
        };
        ino
    }

    fn make_all_durable(&mut self) {
        for node in self.nodes.values_mut() {
            node.durable = Some(node.live.clone());
            node.durable_names = node.names.clone();
            node.changes.clear();
        }
    }

    fn used_bytes(&self) -> u64 {
        self.nodes.values().map(|node| node.live.len() as u64).sum()
    }
}

fn apply(names: &mut BTreeMap<Vec<u8>, Ino>, change: &[(Vec<u8>, Option<Ino>)]) {
    for (name, ino) in change {
        match ino {
            Some(ino) => names.insert(name.clone(), *ino),
            None => names.remove(name),
        };
    }
}

impl SimDisk {
    pub(crate) fn new(seed: u64) -> Self {
        let root = Node {
            kind: Some(Kind::Directory),
            ..Node::default()
        };
        SimDisk(Arc::new(Mutex::new(State {
            nodes: HashMap::from([(ROOT, root)]),
            next: ROOT,
            calls: 0,
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            plan: Plan::default(),
            flipped: 0,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A slow disk.
    fn dawdle(&self, takes: impl Fn(&Plan) -> Duration) {
        let takes = takes(&self.state().plan);
        let began = Instant::now();
        while let Some(left) = takes
            .checked_sub(began.elapsed())
            .filter(|left| !left.is_zero())
        {
            std::thread::park_timeout(left);
        }
    }

    pub(crate) fn set_plan(&self, plan: Plan) {
        let mut state = self.state();
        state.calls = 0;
        state.plan = plan;
    }

    pub(crate) fn calls(&self) -> u64 {
        self.state().calls
    }

    /// How often a file was opened to be read, and how many bytes were.
    pub(crate) fn reads(&self, path: &str) -> (u64, u64) {
        let mut state = self.state();
        let found = path.split('/').try_fold(ROOT, |dir, name| {
            state.node(dir).names.get(name.as_bytes()).copied()
        });
        found.map_or((0, 0), |ino| {
            (state.node(ino).opened, state.node(ino).read_bytes)
        })
    }

    /// Writes that stored a flipped bit.
    pub(crate) fn flipped(&self) -> u64 {
        self.state().flipped
    }

    /// A durable file, as if it had always been there.
    pub(crate) fn put(&self, path: &str, content: &[u8]) {
        let mut state = self.state();
        let mut dir = ROOT;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let name = part.as_bytes().to_vec();
            let kind = if parts.peek().is_some() {
                Kind::Directory
            } else {
                Kind::File
            };
            let found = state.node(dir).names.get(&name).copied();
            let ino = found.unwrap_or_else(|| {
                let ino = state.new_node(kind);
                state.change(dir, vec![(name, Some(ino))]);
                ino
            });
            if kind == Kind::File {
                content.clone_into(&mut state.node(ino).live);
            }
            dir = ino;
        }
        state.make_all_durable();
    }

    /// Somebody deletes a file, for good.
    pub(crate) fn forget(&self, path: &str) {
        let mut state = self.state();
        let (above, name) = path.rsplit_once('/').unwrap();
        let dir = above.split('/').try_fold(ROOT, |dir, name| {
            state.node(dir).names.get(name.as_bytes()).copied()
        });
        state.change(dir.unwrap(), vec![(name.as_bytes().to_vec(), None)]);
        state.make_all_durable();
    }

    /// The power goes and comes back: what was not durable is decided by the dice.
    pub(crate) fn cut_power(&self) {
        let mut state = self.state();
        let inos: Vec<Ino> = state.nodes.keys().copied().collect();
        for ino in inos {
            let dice = state.roll();
            let node = state.node(ino);
            let durable = node.durable.clone().unwrap_or_default();
            node.live = match dice % 4 {
                _ if node.durable.as_ref() == Some(&node.live) => durable,
                0 => durable,
                1 => node.live.clone(),
                // the length got there, the bytes did not
                2 => vec![0; node.live.len()],
                _ => {
                    let cut = usize::try_from(dice >> 8).unwrap_or(0) % (node.live.len() + 1);
                    node.live.get(..cut).unwrap_or_default().to_vec()
                }
            };
            node.durable = Some(node.live.clone());
            let changes = std::mem::take(&mut state.node(ino).changes);
            let mut names = state.node(ino).durable_names.clone();
            for change in changes {
                if state.roll().is_multiple_of(2) {
                    apply(&mut names, &change);
                }
            }
            let node = state.node(ino);
            node.names.clone_from(&names);
            node.durable_names = names;
        }
        state.plan = Plan::default();
        state.calls = 0;
    }

    /// Every file below the root by its path, with its content.
    pub(crate) fn files(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut left = vec![(Vec::new(), ROOT)];
        let mut state = self.state();
        while let Some((above, dir)) = left.pop() {
            for (name, ino) in state.node(dir).names.clone() {
                let path: Vec<u8> = if above.is_empty() {
                    name
                } else {
                    [&above[..], b"/", &name].concat()
                };
                match state.node(ino).kind {
                    Some(Kind::Directory) => left.push((path, ino)),
                    _ => drop(found.insert(path, state.node(ino).live.clone())),
                }
            }
        }
        found
    }
}
