//! The processor and the memory of this machine.

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// Each is absent where the platform does not say.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Machine {
    /// As the system names it.
    pub system: Option<String>,
    /// As its maker names it.
    pub cpu_model: Option<String>,
    /// How many threads run at one time.
    pub cores: Option<usize>,
    /// Whether the processor has instructions for SHA-256.
    pub sha_instructions: bool,
    /// All memory.
    pub memory_bytes: Option<u64>,
    /// What programs can still have.
    pub memory_available_bytes: Option<u64>,
}

impl Machine {
    /// Looks at this machine.
    pub fn here() -> Self {
        let wanted = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        let system = System::new_with_specifics(wanted);
        let system = system.ok();
        let cpu = system.as_ref().and_then(|system| system.cpus().first());
        let model = cpu.map(|cpu| cpu.brand().trim().to_owned());
        let memory = |ask: fn(&System) -> u64| system.as_ref().map(ask).filter(|value| *value > 0);
        Self {
            system: System::long_os_version().ok(),
            cpu_model: model.filter(|model| !model.is_empty()),
            cores: std::thread::available_parallelism().ok().map(usize::from),
            sha_instructions: has_sha_instructions(),
            memory_bytes: memory(System::total_memory),
            memory_available_bytes: memory(System::available_memory),
        }
    }
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn has_sha_instructions() -> bool {
    std::arch::is_x86_feature_detected!("sha")
}

#[cfg(target_arch = "aarch64")]
fn has_sha_instructions() -> bool {
    std::arch::is_aarch64_feature_detected!("sha2")
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
fn has_sha_instructions() -> bool {
    false
}
