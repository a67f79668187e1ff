# SPDX-License-Identifier: GPL-2.0-only
# The model of an SMMU and the suites on it, for user-mode Linux (scripts/kunit) and as a module
# on arm64 (scripts/kunit-arm64).
smmu-model-objs := $(addprefix model/,model.o regs.o cmdq.o ecmdq.o cmdqv.o vcmdq.o vpage.o exec.o cache.o \
				      config.o walk.o access.o eventq.o priq.o stall.o memory.o \
				      power.o machine.o node.o fabric.o)
smmu-model-objs += $(addprefix driver/,rig.o log.o model_kunit.o bringup_kunit.o \
					  noncoherent_kunit.o msi.o irq_kunit.o attach_kunit.o \
					  share_kunit.o walktime_kunit.o stress_kunit.o \
					  comeback_kunit.o release_kunit.o errors_kunit.o \
					  silence.o silence_kunit.o queues.o queues_kunit.o insertion_kunit.o \
					  queues_out_kunit.o ecmdq_kunit.o cmdqv_model_kunit.o \
					  cmdqv_kunit.o cmdqv_bad_kunit.o waits_kunit.o \
					  innocent_kunit.o meanwhile_kunit.o locks_kunit.o cut_kunit.o \
					  verdict_kunit.o standing_kunit.o silent_guests_kunit.o \
					  restart_kunit.o unreliable.o silence_stress_kunit.o \
					  adrift_kunit.o shut_kunit.o sync_kunit.o streams_kunit.o \
					  owners_kunit.o owners_stress_kunit.o storm_kunit.o \
					  guest.o nest.o nested_kunit.o nested_ats_kunit.o \
					  nested_cds_kunit.o nested_memory_kunit.o \
					  nested_fuzz_kunit.o nest_stall.o \
					  nest_stall_kunit.o nest_stall_random_kunit.o \
					  vdev_kunit.o vevent_kunit.o guestcmd_kunit.o \
					  guest_queue.o guest_queue_kunit.o \
					  guest_queue_errors_kunit.o \
					  guest_queue_random_kunit.o \
					  hwinfo_kunit.o debugfs_kunit.o ats_kunit.o pasid_kunit.o iopf_kunit.o \
					  pri_kunit.o pci_rig.o pci_kunit.o pci_load_kunit.o \
					  page_request.o page_request_kunit.o \
					  page_request_rude_kunit.o machines_table.o \
					  machines_kunit.o cxl_kunit.o ats_required_kunit.o \
					  resv_kunit.o sleep.o sleep_kunit.o sleep_errors_kunit.o \
					  crashed.o adopt_kunit.o adopt_insane_kunit.o)
# The kernel's own spinlock, counted: needs the kernel's source, as the model does
smmu-model-objs += $(addprefix reference/,insert_model.o arena.o queued_lock.o) driver/insert_lock_kunit.o
# CPUs in software, for mms whose page tables are the suites' own
smmu-model-objs += $(if $(CONFIG_ARM64),,$(addprefix driver/,sva_rig.o sva_kunit.o sva_stress_kunit.o))
# Real time: 40 s of it
smmu-model-objs += $(if $(CONFIG_ARM64),driver/stall_kunit.o)
