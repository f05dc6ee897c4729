# passed
# Le client asynchrone, et l'échéance posée si la clé n'en a pas : PEXPIRE … NX.
import redis.asyncio as redis

r = redis.Redis(decode_responses=True)


async def allow(client: str, limit: int, window_ms: int) -> dict:
    cle = f"rate:{client}"
    async with r.pipeline(transaction=True) as transaction:
        compte, _, reste = await transaction.incr(cle).pexpire(cle, window_ms, nx=True).pttl(cle).execute()
    if compte > limit:
        return {"allowed": False, "remaining": 0, "retryAfterMs": reste}
    return {"allowed": True, "remaining": limit - compte, "retryAfterMs": 0}
