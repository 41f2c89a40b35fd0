/*-------------------------------------------------------------------------
 *
 * base/version.h
 *	  The error of a value that a later release of nrr wrote.
 *
 * Its bytes are not damaged, and another release reads them, so it has an error
 * of its own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_VERSION_H
#define NRR_BASE_VERSION_H

/* Within ereport() or ereturn() */
static inline int
errunsupported_version(const char *type, int version, int newest)
{
	errcode(ERRCODE_FEATURE_NOT_SUPPORTED);
	errmsg("unsupported version %d of %s", version, type);
	errdetail("This release of nrr reads versions up to %d.", newest);
	return errhint("Install the release that wrote the value, or a later one. If there is none, the value is damaged.");
}

#endif							/* NRR_BASE_VERSION_H */
