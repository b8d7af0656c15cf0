package org.springframework.session.data.redis;

import moor.session.outside.OutsideRepository;
import moor.session.outside.OutsideSession;

/** Takes the place of Spring Session's class of this name, so that its tests meet Moor's repository. */
public class RedisSessionRepository extends OutsideRepository<RedisSessionRepository.RedisSession> {
    public RedisSessionRepository() {
        super(RedisSession::new);
    }

    /** A session of Moor under the name that the tests expect. */
    public static final class RedisSession extends OutsideSession {
        RedisSession(Found found) {
            super(found);
        }
    }
}
