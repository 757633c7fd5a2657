# SPDX-License-Identifier: GPL-2.0-only
"""What each kind of hypercall of a flip is for."""

from display import Flip

# Numbers and names are those of Xen's public/xen.h
NAMES = {
    1: ("mmu_update", "page tables"),
    3: ("stack_switch", "another process: its kernel stack"),
    5: ("fpu_taskswitch", "another process: its floating-point registers"),
    10: ("update_descriptor", "another process: a segment of its own"),
    12: ("memory_op", "memory"),
    13: ("multicall", "several in one"),
    14: ("update_va_mapping", "the page table's entry of one page"),
    17: ("xen_version", "events that came while the kernel held them off"),
    20: ("grant_table_op", "references of other domains"),
    23: ("iret", "back from an interrupt, to the kernel or a program"),
    24: ("vcpu_op", "the timer"),
    25: ("set_segment_base", "another process: where its own data are"),
    26: ("mmuext_op", "another process: its page table"),
    29: ("sched_op", "nothing is left to do: sleep"),
    32: ("event_channel_op", "an event for the guest, or the guest's next one"),
    33: ("physdev_op", "devices"),
}
# Less than that, a flip, is by chance
SEEN = 0.1


def name_of(number: int) -> str:
    return NAMES[number][0] if number in NAMES else f"number {number}"


def purpose_of(number: int) -> str:
    return NAMES[number][1] if number in NAMES else ""


def kinds_seen(flips: list[Flip]) -> list[int]:
    """The kinds that some of these flips made, the most frequent first."""
    most: dict[int, float] = {}
    for flip in flips:
        for number, times in flip.kinds.items():
            most[number] = max(most.get(number, 0), times)
    return sorted((number for number, times in most.items() if times >= SEEN),
                  key=lambda number: -most[number])
