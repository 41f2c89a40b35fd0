/*-------------------------------------------------------------------------
 *
 * foreign_session.h
 *	  Sessions in which postgres_fdw works for a query of another server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_FOREIGN_SESSION_H
#define NRR_FOREIGN_SESSION_H

extern bool is_session_of_postgres_fdw(void);

#endif							/* NRR_FOREIGN_SESSION_H */
