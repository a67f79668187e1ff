/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arm-smmu-v3/hw/cmdq_edit.h as a model for SPIN: contexts post commands to a device while the
 * error handler cuts the device off, and the consumer stands still until the handler acknowledges
 * the error. Sequentially consistent: what weaker memory may do is the business of the comments.
 *
 * Shown: when the consumer goes on, none of the commands to the device is left, whether it was
 * published before, was being inserted, or came later; and the handler's wait ends.
 *
 * MUTANT=1..3 breaks one rule each; scripts/check-spin expects an error from each of them.
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#define CTX	3
#define ROUNDS	2
#define SLOTS	(CTX * ROUNDS)

#define EMPTY	0
#define INV	1		/* ATC_INV to the device */
#define SYNC	2		/* what becomes of it */

bool edits, acknowledged;
byte reserved, rung, cons, done;
byte slot[SLOTS];
bool published[SLOTS];

proctype context()
{
	byte pos, round;
	bool saw;

	do
	:: round < ROUNDS ->
#if MUTANT == 2
		saw = edits;
#endif
		atomic { pos = reserved; reserved++ };
		slot[pos] = INV;
#if MUTANT != 2
		saw = edits;
#endif
		if
		:: saw -> slot[pos] = SYNC
		:: else
		fi;
		atomic {
			published[pos] = true;
			do
			:: rung < SLOTS && published[rung] -> rung++
			:: else -> break
			od
		};
		round++
	:: else -> break
	od;
	done++
}

active proctype handler()
{
	byte end, pos;

#if MUTANT == 1
	end = reserved;
	edits = true;
#else
	edits = true;
	end = reserved;
#endif
#if MUTANT == 3
	end = rung;
#else
	rung >= end;
#endif
	do
	:: pos < end ->
		if
		:: slot[pos] == INV -> slot[pos] = SYNC
		:: else
		fi;
		pos++
	:: else -> break
	od;
	acknowledged = true
}

active proctype consumer()
{
	acknowledged;
	do
	:: cons < rung -> assert(slot[cons] == SYNC); cons++
	:: done == CTX && cons == rung -> break
	od;
	assert(cons == SLOTS)
}

init
{
	byte k;

	atomic {
		do
		:: k < CTX -> run context(); k++
		:: else -> break
		od
	}
}
