package org.springframework.session.data.redis;

import org.springframework.context.annotation.Bean;

/** Takes the place of Spring Session's class of this name, which starts a Redis. */
public abstract class AbstractRedisITests {
    protected static class BaseConfig {
        @Bean
        public RedisSessionRepository sessionRepository() {
            return new RedisSessionRepository();
        }
    }
}
