# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Hand this machine's IORT to scripts/iort-canwbs, as lines 'iort BASE64'.

table=/sys/firmware/acpi/tables/IORT
if [ -r $table ]; then
	base64 -w 64 $table | sed 's/^/iort /' >&3
else
	not_ok iort "no $table: is this machine described by ACPI, with an SMMU?"
fi
