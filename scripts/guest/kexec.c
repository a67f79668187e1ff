// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec load|crash KERNEL INITRD CMDLINE: load another kernel, to be started now or when this
 * kernel panics. kexec go: start it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/kexec.h>
#include <linux/reboot.h>

int main(int argc, char **argv)
{
	unsigned long flags = 0;
	long ret;

	if (argc == 2 && !strcmp(argv[1], "go")) {
		syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			LINUX_REBOOT_CMD_KEXEC, NULL);
		perror("kexec: reboot");
		return 1;
	}
	if (argc != 5) {
		fprintf(stderr, "usage: kexec load|crash KERNEL INITRD CMDLINE\n"
				"       kexec go\n");
		return 2;
	}
	if (!strcmp(argv[1], "crash"))
		flags |= KEXEC_FILE_ON_CRASH;
	ret = syscall(SYS_kexec_file_load, open(argv[2], O_RDONLY),
		      open(argv[3], O_RDONLY), strlen(argv[4]) + 1, argv[4], flags);
	if (ret)
		perror("kexec: kexec_file_load");
	return !!ret;
}
