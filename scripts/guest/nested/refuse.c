// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad input: every call that the uAPI header forbids is refused with the errno that the header
 * promises, and nothing has changed: not the arrays, not the STEs, and not where a running guest's
 * DMA goes.
 */
#include "nested.h"
#include "oracle.h"
#include "stage1.h"
#include "tags.h"

#define ASID	5
#define VSID	0x42
#define N(array)	(sizeof(array) / sizeof((array)[0]))

FIXTURE(refuse) {
	unsigned int domains;
};

static uint32_t viommu, nested;
static struct stage1 s1;

static char state[2][32768];

/* Read everything that debugfs says about domains and STEs */
static void read_state(char *text)
{
	glob_t files = { 0 };
	size_t i, n = 0;

	glob(DEBUGFS "domains", 0, NULL, &files);
	glob(DEBUGFS "*/masters", GLOB_APPEND, NULL, &files);
	for (i = 0; i < files.gl_pathc; i++) {
		FILE *file = fopen(files.gl_pathv[i], "r");

		if (!file)
			die("%s", files.gl_pathv[i]);
		n += fread(text + n, 1, sizeof(state[0]) - 1 - n, file);
		fclose(file);
	}
	text[n] = '\0';
	globfree(&files);
}

FIXTURE_SETUP(refuse)
{
	self->domains = nr_domains();
	setup_ram(itd(0));
	stage1_init(&s1, 8, ASID);
	stage1_map(&s1, 3, 3);
	viommu = viommu_for(itd(0));
	vdevice_for(viommu, itd(0), VSID);
	nested = stage1_for(viommu, itd(0), &s1);
	must(attach(itd(0), nested), "attach");
	must(read_hw_info(itd(0)), "IOMMU_GET_HW_INFO");
	/* open other devices, which are attached to nothing */
	dev_at(0, ITD_ID, 1);
	itd(1);
	read_state(state[0]);
}

FIXTURE_TEARDOWN_PARENT(refuse)
{
	EXPECT_FINE(all_clean(self->domains));
}

static const char *unchanged(void)
{
	int page = lands(itd(0), dva(3));

	if (page != 3)
		return why("the guest's DMA lands on page %d, not 3", page);
	read_state(state[1]);
	if (strcmp(state[0], state[1])) {
		fprintf(stderr, "before:\n%s\nafter:\n%s\n", state[0], state[1]);
		return "what debugfs says has changed";
	}
	return NULL;
}

/* Objects that a table below names */
enum object { VIOMMU, PARENT, IOAS, NESTED, DEVICE, NOTHING };

static uint32_t object_id(enum object object)
{
	switch (object) {
	case VIOMMU:
		return viommu;
	case PARENT:
		return parent;
	case IOAS:
		return ioas;
	case NESTED:
		return nested;
	case DEVICE:
		return itd(0)->id;
	default:
		return 0x7ffffff0;
	}
}

CASE(refuse, nested_hwpt)
{
	enum { ARM = IOMMU_HWPT_DATA_ARM_SMMUV3 };
	static const struct {
		const char *name;
		uint32_t flags, reserved, type, len;
		enum object pt;
		char ptr;	/* 0: valid, 'n': NULL, 'b': bad */
		char dev;	/* 0: valid, 'o': behind another SMMU, 'b': bad */
		int want;
	} row[] = {
		{ "good", 0, 0, ARM, 16, VIOMMU, 0, 0, 0 },
		{ "reserved", 0, 1, ARM, 16, VIOMMU, 0, 0, EOPNOTSUPP },
		{ "nest parent", IOMMU_HWPT_ALLOC_NEST_PARENT, 0, ARM, 16, VIOMMU, 0, 0,
		  EOPNOTSUPP },
		{ "dirty", IOMMU_HWPT_ALLOC_DIRTY_TRACKING, 0, ARM, 16, VIOMMU, 0, 0,
		  EOPNOTSUPP },
		{ "PASID", IOMMU_HWPT_ALLOC_PASID, 0, ARM, 16, VIOMMU, 0, 0, EOPNOTSUPP },
		{ "bit 31", 1u << 31, 0, ARM, 16, VIOMMU, 0, 0, EOPNOTSUPP },
		{ "no fault queue", IOMMU_HWPT_FAULT_ID_VALID, 0, ARM, 16, VIOMMU, 0, 0, ENOENT },
		{ "no type, some data", 0, 0, IOMMU_HWPT_DATA_NONE, 16, VIOMMU, 0, 0, EINVAL },
		{ "no type", 0, 0, IOMMU_HWPT_DATA_NONE, 0, VIOMMU, 0, 0, EOPNOTSUPP },
		{ "no data", 0, 0, ARM, 0, VIOMMU, 0, 0, EINVAL },
		{ "VT-d", 0, 0, IOMMU_HWPT_DATA_VTD_S1, 16, VIOMMU, 0, 0, EINVAL },
		{ "AMD", 0, 0, IOMMU_HWPT_DATA_AMD_GUEST, 32, VIOMMU, 0, 0, EINVAL },
		{ "type 99", 0, 0, 99, 16, VIOMMU, 0, 0, EINVAL },
		{ "one word", 0, 0, ARM, 8, VIOMMU, 0, 0, EINVAL },
		{ "a byte short", 0, 0, ARM, 15, VIOMMU, 0, 0, EINVAL },
		{ "too long", 0, 0, ARM, 24, VIOMMU, 0, 0, EINVAL },
		{ "NULL", 0, 0, ARM, 16, VIOMMU, 'n', 0, EFAULT },
		{ "bad pointer", 0, 0, ARM, 16, VIOMMU, 'b', 0, EFAULT },
		{ "other SMMU", 0, 0, ARM, 16, VIOMMU, 0, 'o', EINVAL },
		{ "no device", 0, 0, ARM, 16, VIOMMU, 0, 'b', ENOENT },
		{ "on the parent", 0, 0, ARM, 16, PARENT, 0, 0, EOPNOTSUPP },
		{ "on the IOAS", 0, 0, ARM, 16, IOAS, 0, 0, EOPNOTSUPP },
		{ "on a nested one", 0, 0, ARM, 16, NESTED, 0, 0, EINVAL },
		{ "on a device", 0, 0, ARM, 16, DEVICE, 0, 0, EINVAL },
		{ "on nothing", 0, 0, ARM, 16, NOTHING, 0, 0, EINVAL },
	};
	struct iommu_hwpt_arm_smmuv3 vste[2] = {
		{ .ste = { STE0_V | STE0_CONFIG(STE_BYPASS), 0 } }
	};
	unsigned int i;

	for (i = 0; i < N(row); i++) {
		struct iommu_hwpt_alloc cmd = {
			.size = sizeof(cmd),
			.flags = row[i].flags,
			.dev_id = row[i].dev == 'b' ? 0x7ffffff0 :
				  itd(row[i].dev == 'o')->id,
			.pt_id = object_id(row[i].pt),
			.__reserved = row[i].reserved,
			.data_type = row[i].type,
			.data_len = row[i].len,
			.data_uptr = row[i].ptr == 'n' ? 0 : row[i].ptr == 'b' ? 8 :
				     (uintptr_t)vste,
			.fault_id = 0x7ffffff0,
		};

		EXPECT_EQ(row[i].want, err(ioctl(iommu, IOMMU_HWPT_ALLOC, &cmd))) {
			TH_LOG("%s", row[i].name);
		}
		if (!row[i].want)
			EXPECT_EQ(0, remove_object(cmd.out_hwpt_id));
	}
	ASSERT_FINE(unchanged());
}

/* Every bit of a vSTE of stage 1, bypass, abort and V = 0, and all values of Config and EATS */
CASE(refuse, vste)
{
	static const uint64_t config[] = { STE_S1, STE_BYPASS, STE_ABORT };
	unsigned int i, bit;
	uint32_t id;

	for (i = 0; i < 4 * 128 + 8 * 4; i++) {
		uint64_t w[2] = { STE0_S1CTXPTR(table_ipa(8)), STE1_S1C_WB };
		enum verdict want;
		int rc;

		if (i < 4 * 128) {
			if (i < 3 * 128)
				w[0] |= STE0_V | STE0_CONFIG(config[i / 128]);
			bit = i % 128;
			w[bit / 64] ^= 1ull << bit % 64;
		} else {
			w[0] |= STE0_V | STE0_CONFIG(i % 8);
			w[1] |= STE1_EATS(i / 8 % 4);
		}
		want = judge_vste(w[0], w[1]);
		rc = new_nested(viommu, itd(0), w[0], w[1], &id);
		if (!rc)
			ASSERT_EQ(0, remove_object(id));
		if (want == OPEN && (!rc || rc == EIO))
			continue;
		EXPECT_EQ(want == TAKEN ? 0 : EIO, rc) {
			TH_LOG("vSTE 0x%016lx 0x%016lx", w[0], w[1]);
		}
	}
	ASSERT_FINE(unchanged());
}

CASE(refuse, viommu)
{
	static const struct {
		const char *name;
		uint32_t flags, type;
		enum object hwpt;
		bool no_device;
		int want;
	} row[] = {
		{ "good", 0, IOMMU_VIOMMU_TYPE_ARM_SMMUV3, PARENT, false, 0 },
		{ "flags", 1, IOMMU_VIOMMU_TYPE_ARM_SMMUV3, PARENT, false, EOPNOTSUPP },
		{ "default", 0, IOMMU_VIOMMU_TYPE_DEFAULT, PARENT, false, EOPNOTSUPP },
		{ "CMDQV", 0, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV, PARENT, false, EOPNOTSUPP },
		{ "type 99", 0, 99, PARENT, false, EOPNOTSUPP },
		{ "on nothing", 0, IOMMU_VIOMMU_TYPE_ARM_SMMUV3, NOTHING, false, ENOENT },
		{ "on an IOAS", 0, IOMMU_VIOMMU_TYPE_ARM_SMMUV3, IOAS, false, ENOENT },
		{ "on a nested", 0, IOMMU_VIOMMU_TYPE_ARM_SMMUV3, NESTED, false, ENOENT },
		{ "no device", 0, IOMMU_VIOMMU_TYPE_ARM_SMMUV3, PARENT, true, ENOENT },
	};
	unsigned int i;
	uint32_t hwpt, id;

	for (i = 0; i < N(row); i++) {
		struct iommu_viommu_alloc cmd = {
			.size = sizeof(cmd),
			.flags = row[i].flags,
			.type = row[i].type,
			.dev_id = row[i].no_device ? 0x7ffffff0 : itd(0)->id,
			.hwpt_id = object_id(row[i].hwpt),
		};

		EXPECT_EQ(row[i].want, err(ioctl(iommu, IOMMU_VIOMMU_ALLOC, &cmd))) {
			TH_LOG("%s", row[i].name);
		}
		if (!row[i].want)
			EXPECT_EQ(0, remove_object(cmd.out_viommu_id));
	}
	/* a page table that is not a nest parent */
	hwpt = new_hwpt(itd(0), ioas);
	EXPECT_EQ(EINVAL, new_viommu(itd(0), hwpt, &id));
	ASSERT_EQ(0, remove_object(hwpt));
	ASSERT_FINE(unchanged());
}

CASE(refuse, vdevice)
{
	struct vdev *other = dev_at(0, ITD_ID, 1);
	uint32_t id, second;

	EXPECT_EQ(EEXIST, new_vdevice(viommu, itd(0), VSID + 1, &id));
	EXPECT_EQ(EEXIST, new_vdevice(viommu, other, VSID, &id));
	EXPECT_EQ(EINVAL, new_vdevice(viommu, itd(1), VSID + 1, &id));
	EXPECT_EQ(ENOENT, new_vdevice(parent, other, VSID + 1, &id));
	EXPECT_EQ(ENOENT, new_vdevice(0x7ffffff0, other, VSID + 1, &id));
	second = viommu_for(other);
	EXPECT_EQ(EEXIST, new_vdevice(second, itd(0), VSID + 1, &id));
	ASSERT_EQ(0, remove_object(second));
	/* StreamIDs have 32 bits */
	if (has_debugfs()) {
		EXPECT_EQ(EINVAL, new_vdevice(viommu, other, 1ull << 32, &id));
		EXPECT_EQ(EINVAL, new_vdevice(viommu, other, ~0ull, &id));
		EXPECT_EQ(EINVAL, new_vdevice(viommu, other, VSID | 1ull << 40, &id));
	}
	ASSERT_EQ(0, new_vdevice(viommu, other, 0xffffffff, &id));
	EXPECT_EQ(0, invalidate1(viommu, CFGI_CD_ALL | CMD0_SID(0xffffffffull), 0));
	ASSERT_EQ(0, remove_object(id));
	EXPECT_EQ(EIO, invalidate1(viommu, CFGI_CD_ALL | CMD0_SID(0xffffffffull), 0));
	ASSERT_FINE(unchanged());
}

CASE(refuse, veventq)
{
	enum { ARM = IOMMU_VEVENTQ_TYPE_ARM_SMMUV3 };
	static const struct {
		const char *name;
		uint32_t flags, reserved, type, depth;
		enum object viommu;
		int want;
	} row[] = {
		{ "good", 0, 0, ARM, 1, VIOMMU, 0 },
		{ "flags", 1, 0, ARM, 1, VIOMMU, EOPNOTSUPP },
		{ "reserved", 0, 1, ARM, 1, VIOMMU, EOPNOTSUPP },
		{ "default", 0, 0, IOMMU_VEVENTQ_TYPE_DEFAULT, 1, VIOMMU, EOPNOTSUPP },
		{ "no depth", 0, 0, ARM, 0, VIOMMU, EINVAL },
		{ "too deep", 0, 0, ARM, (1u << 19) + 1, VIOMMU, EINVAL },
		{ "on nothing", 0, 0, ARM, 1, NOTHING, ENOENT },
		{ "on the parent", 0, 0, ARM, 1, PARENT, ENOENT },
	};
	unsigned int i;

	for (i = 0; i < N(row); i++) {
		struct iommu_veventq_alloc cmd = {
			.size = sizeof(cmd),
			.flags = row[i].flags,
			.viommu_id = object_id(row[i].viommu),
			.type = row[i].type,
			.veventq_depth = row[i].depth,
			.__reserved = row[i].reserved,
		};

		EXPECT_EQ(row[i].want, err(ioctl(iommu, IOMMU_VEVENTQ_ALLOC, &cmd))) {
			TH_LOG("%s", row[i].name);
		}
		if (row[i].want)
			continue;
		/* there can be one of each type */
		EXPECT_EQ(EEXIST, err(ioctl(iommu, IOMMU_VEVENTQ_ALLOC, &cmd)));
		close(cmd.out_veventq_fd);
		EXPECT_EQ(0, remove_object(cmd.out_veventq_id));
	}
	ASSERT_FINE(unchanged());
}

CASE(refuse, invalidate)
{
	enum { ARM = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 };
	/* an NH_ALL that is longer than needed; then one whose extra bytes are not zero */
	static const uint64_t longer[3] = { TLBI_NH_ALL }, tail[3] = { TLBI_NH_ALL, 0, 1 };
	static const uint64_t two[4] = { TLBI_NH_ALL, 0, TLBI_NSNH_ALL, 0 };
	static const struct {
		const char *name;
		const uint64_t *ptr;
		uint32_t type, len, num, reserved;
		enum object object;
		int want;
		uint32_t done;
	} row[] = {
		{ "good", two, ARM, 16, 2, 0, VIOMMU, 0, 2 },
		{ "reserved", two, ARM, 16, 2, 1, VIOMMU, EOPNOTSUPP, 0 },
		{ "VT-d", two, IOMMU_HWPT_INVALIDATE_DATA_VTD_S1, 16, 2, 0, VIOMMU, EINVAL, 0 },
		{ "type 99", two, 99, 16, 2, 0, VIOMMU, EINVAL, 0 },
		{ "type 99, none", NULL, 99, 16, 0, 0, VIOMMU, EINVAL, 0 },
		{ "NULL", NULL, ARM, 16, 2, 0, VIOMMU, EINVAL, 0 },
		{ "bad pointer", (void *)8, ARM, 16, 2, 0, VIOMMU, EFAULT, 0 },
		{ "no length", two, ARM, 0, 2, 0, VIOMMU, EINVAL, 0 },
		{ "longer, zeroes", longer, ARM, 24, 1, 0, VIOMMU, 0, 1 },
		{ "longer, more", tail, ARM, 24, 1, 0, VIOMMU, E2BIG, 0 },
		{ "more than a page", two, ARM, (64 << 10) + 8, 1, 0, VIOMMU, EINVAL, 0 },
		{ "too many", two, ARM, 16, (1u << 19) + 1, 0, VIOMMU, EINVAL, 0 },
		{ "all ones", two, ARM, 16, ~0u, 0, VIOMMU, EINVAL, 0 },
		{ "a nested HWPT", two, ARM, 16, 2, 0, NESTED, EOPNOTSUPP, 0 },
		{ "the parent", two, ARM, 16, 2, 0, PARENT, EINVAL, 0 },
		{ "an IOAS", two, ARM, 16, 2, 0, IOAS, EINVAL, 0 },
		{ "nothing", two, ARM, 16, 2, 0, NOTHING, ENOENT, 0 },
	};
	unsigned int i;

	for (i = 0; i < N(row); i++) {
		struct iommu_hwpt_invalidate cmd = {
			.size = sizeof(cmd),
			.hwpt_id = object_id(row[i].object),
			.data_uptr = (uintptr_t)row[i].ptr,
			.data_type = row[i].type,
			.entry_len = row[i].len,
			.entry_num = row[i].num,
			.__reserved = row[i].reserved,
		};

		EXPECT_EQ(row[i].want, err(ioctl(iommu, IOMMU_HWPT_INVALIDATE, &cmd))) {
			TH_LOG("%s", row[i].name);
		}
		EXPECT_EQ(row[i].done, cmd.entry_num) {
			TH_LOG("%s", row[i].name);
		}
	}
	ASSERT_FINE(unchanged());
}

/* No command at all: user space asks in this way whether a type is known */
CASE(refuse, invalidate_nothing)
{
	struct command none;
	uint32_t num = 0;
	int rc = invalidate(viommu, &none, &num);

	if (has_debugfs())
		EXPECT_EQ(0, rc);
	EXPECT_EQ(0, num);
	ASSERT_FINE(unchanged());
}

static bool known(uint32_t vsid)
{
	return vsid == VSID;
}

/* Send one command and compare the result with the oracle's. Return: NULL, or what is wrong */
static const char *one_command(uint64_t w0, uint64_t w1)
{
	struct command cmd = { { w0, w1 } };
	enum verdict want = judge_command(&cmd, known);
	uint32_t num = 1;
	int rc = invalidate(viommu, &cmd, &num);

	if ((!rc && want != REFUSED && num == 1) || (rc == EIO && want != TAKEN && !num))
		return NULL;
	return why("command 0x%016lx 0x%016lx: %s, %u done", w0, w1, strerror(rc), num);
}

/* Every opcode, and every bit of legal commands */
CASE(refuse, commands)
{
	static const struct command good[] = {
		{ { TLBI_NSNH_ALL, 0 } },
		{ { TLBI_NH_ALL | CMD0_VMID(77), 0 } },
		{ { TLBI_NH_ASID | CMD0_VMID(77) | CMD0_ASID(0xffff), 0 } },
		{ { TLBI_NH_VA | CMD0_VMID(77) | CMD0_ASID(ASID), DVA } },
		{ { TLBI_NH_VAA | CMD0_VMID(77), DVA | CMD1_LEAF } },
		{ { TLBI_NH_VA | CMD0_ASID(ASID) | CMD0_NUM(3) | CMD0_SCALE(2),
		    DVA | CMD1_TG_4K | CMD1_TTL(3) } },
		{ { TLBI_NH_VAA | CMD0_NUM(31) | CMD0_SCALE(31), CMD1_TG_4K } },
		{ { CFGI_CD | CMD0_SID(VSID), CMD1_LEAF } },
		{ { CFGI_CD_ALL | CMD0_SID(VSID), 0 } },
		{ { ATC_INV | CMD0_SID(VSID), 52 } },
	};
	unsigned int i, bit;

	for (i = 0; i < 256; i++)
		EXPECT_FINE(one_command(i, 0));
	for (i = 0; i < N(good); i++) {
		ASSERT_FINE(one_command(good[i].w[0], good[i].w[1]));
		for (bit = 0; bit < 128; bit++)
			EXPECT_FINE(one_command(good[i].w[0] ^ (bit < 64 ? 1ull << bit : 0),
						good[i].w[1] ^ (bit < 64 ? 0 : 1ull << bit % 64)));
	}
	ASSERT_FINE(unchanged());
}

/* The commands before an illegal one are done; that one and those behind it are not */
CASE(refuse, stops_at_the_bad_one)
{
	static const unsigned int at[] = { 0, 1, 2, 3, 61, 62, 63, 64, 65, 126, 127, 128, 198 };
	static const struct command bad[] = {
		{ { CMD_SYNC, 0 } }, { { CFGI_STE | CMD0_SID(VSID), 0 } },
		{ { CFGI_CD | CMD0_SID(VSID + 1), 0 } }, { { TLBI_S12_VMALL, 0 } },
		{ { TLBI_NH_ALL | 1 << 8, 0 } }, { { ~0ull, ~0ull } },
		{ { ATC_INV | CMD0_SID(VSID + 1), 52 } },
	};
	/* with a granule, because without one the host invalidates more, see nesting.rst */
	const uint64_t page = CMD1_TG_4K | CMD1_TTL(3);
	struct command cmd[200];
	unsigned int i, j;
	uint32_t num;
	int old = 20, new;

	for (i = 0; i < N(at); i++) {
		new = old == 20 ? 30 : 20;
		for (j = 0; j < 2; j++)
			stage1_map(&s1, 4 + j, old + j);
		ASSERT_EQ(0, invalidate1(viommu, TLBI_NH_ALL, 0));
		for (j = 0; j < 2; j++) {
			ASSERT_EQ(old + j, lands(itd(0), dva(4 + j)));
			stage1_map(&s1, 4 + j, new + j);
		}
		/* slot 4 is invalidated just before the illegal command, slot 5 just behind it */
		for (j = 0; j < N(cmd); j++)
			cmd[j] = (struct command){ { TLBI_NH_VA | CMD0_ASID(ASID),
						     dva(100) | page } };
		if (at[i])
			cmd[at[i] - 1].w[1] = dva(4) | page;
		cmd[at[i]] = bad[i % N(bad)];
		cmd[at[i] + 1].w[1] = dva(5) | page;
		num = N(cmd);
		EXPECT_EQ(EIO, invalidate(viommu, cmd, &num));
		EXPECT_EQ(at[i], num);
		/* the in-tree driver counts commands as done that it has not sent */
		if (has_debugfs())
			EXPECT_EQ(at[i] ? new : old, lands(itd(0), dva(4)));
		EXPECT_EQ(old + 1, lands(itd(0), dva(5)));
		old = new;
	}
	stage1_unmap(&s1, 4);
	stage1_unmap(&s1, 5);
	ASSERT_EQ(0, invalidate1(viommu, TLBI_NH_ALL, 0));
	ASSERT_FINE(unchanged());
}

/* As many commands as one call may have */
CASE(refuse, half_a_million)
{
	uint32_t num = 1u << 19, i;
	struct command *cmd;

	if (!has_debugfs())
		SKIP(return, "the in-tree driver takes memory for all of them, and warns");
	cmd = calloc(num, sizeof(*cmd));
	ASSERT_TRUE(cmd);
	for (i = 0; i < num; i++)
		cmd[i] = (struct command){ { TLBI_NH_VA | CMD0_ASID(ASID), dva(i % 4096) } };
	stage1_map(&s1, 4, 20);
	ASSERT_EQ(20, lands(itd(0), dva(4)));
	stage1_map(&s1, 4, 21);
	ASSERT_EQ(0, invalidate(viommu, cmd, &num));
	EXPECT_EQ(1u << 19, num);
	EXPECT_EQ(21, lands(itd(0), dva(4)));
	cmd[400000].w[0] = CMD_SYNC;
	ASSERT_EQ(EIO, invalidate(viommu, cmd, &num));
	EXPECT_EQ(400000, num);
	stage1_unmap(&s1, 4);
	ASSERT_EQ(0, invalidate1(viommu, TLBI_NH_ALL, 0));
	ASSERT_FINE(unchanged());
}

TEST_HARNESS_MAIN
